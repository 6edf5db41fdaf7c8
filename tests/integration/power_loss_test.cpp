// What is on the disk when the power goes: copies of a file system's image, taken while the daemon works on it.
#include "support/catch.hpp"

#include "support/daemon_fixture.hpp"
#include "support/private_mounts.hpp"

#include <notes_export/dataset.hpp>

#include <csignal>
#include <fcntl.h>
#include <random>
#include <rapidjson/document.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace test {

namespace {

constexpr int images = 12;

struct power_fixture : daemon_fixture {
    private_mounts mounts;
    loop_disk disk{root / "disk.img", root / "disk"};
    loop_disk copy{root / "copy.img", root / "copy"};

    bool skipped() const {
        auto const why = mounts.impossible().empty() ? disk.format(24) : mounts.impossible();
        if (!why.empty())
            WARN("skipped: " << why);
        return !why.empty();
    }

    /// Written so far, and being written: the same before and after means that nothing came to the disk in between.
    std::string writes() const { return read_file("/sys/block/" + disk.device() + "/stat"); }

    static bool stopped(pid_t pid) {
        auto const status = read_file("/proc/" + std::to_string(pid) + "/status");
        return status.find("State:\tT") != std::string::npos;
    }

    /// The image as it would be found after a loss of power. The process stands still, so that the disk becomes quiet.
    void copy_image() const {
        REQUIRE(wait_until([&] {
            auto const before = writes();
            fs::copy_file(disk.image(), copy.image(), fs::copy_options::overwrite_existing);
            return writes() == before;
        }));
    }

    /// What makes a journal commit that others did not ask for, as any neighbour on the disk does.
    void neighbour_syncs() const {
        int const fd = ::open((root / "disk/neighbour").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        REQUIRE(::write(fd, "x", 1) == 1);
        REQUIRE(::fsync(fd) == 0);
        ::close(fd);
    }

    /// No file is torn or empty, no entry without its profile, and no row is marked whose content the disk lost.
    void intact(fs::path const& found) {
        for (auto const& entry : fs::recursive_directory_iterator{found}) {
            if (!entry.is_regular_file() || entry.path().extension() != ".json" ||
                entry.path().string().find("/.exportd/staging/") != std::string::npos ||
                entry.path().filename() == "published_indexes.json") // a torn one is none
                continue;
            rapidjson::Document d;
            d.Parse(read_file(entry.path()).c_str());
            INFO(entry.path());
            CHECK_FALSE(d.HasParseError());
        }
        rapidjson::Document index;
        index.Parse(read_file(found / "indexes/users.json").c_str());
        REQUIRE(index.IsArray());
        notes_export::entity_path const layout{"users/{h1}/{h2}/{h3}/{id}.json"};
        for (auto const& entry : index.GetArray())
            CHECK(fs::exists(found / layout.of(entry["user_id"].GetInt64())));
        auto c = config();
        c.directory = found;
        for (auto const& drift : notes_export::verify(c).drifts)
            if (drift.path.starts_with("users/") && drift.what != notes_export::drift::kind::orphan) {
                INFO(drift.path);
                CHECK(drift.pending);
            }
    }
};

} // namespace

TEST_CASE_METHOD(power_fixture, "power loss: at any moment the disk holds whole files, and what is marked",
                 "[slow][db]") {
    if (skipped())
        return;
    disk.mount();
    settings.directory = root / "disk/json";
    settings.debounce = "10ms";
    settings.max_delay = "20ms";
    std::size_t in_publication = 0;
    {
        daemon_process daemon{root.path(), settings};
        daemon.wait_settled();
        std::mt19937 random{std::random_device{}()};
        for (int image = 0; image < images; ++image) {
            for (int burst = 0; burst < 3; ++burst) {
                db.exec(
                    "UPDATE dwh.datamartusers SET history_whole_open = history_whole_open + 1 WHERE user_id % 5 = " +
                    std::to_string(random() % 5));
                if (burst == 1)
                    db.exec("INSERT INTO dwh.datamartusers (dimension_user_id, user_id, username, history_whole_open,"
                            " history_whole_closed) VALUES (" +
                            std::to_string(900'000 + image) + ", " + std::to_string(7'000'000 + 17 * image) +
                            ", 'new', 1, 1)");
                notify();
                auto const while_it_works = milliseconds{static_cast<int>(random() % 40)};
                wait_until([] { return false; }, while_it_works);
            }
            daemon.process().signal(SIGSTOP);
            REQUIRE(wait_until([&] { return stopped(daemon.process().pid()); }));
            in_publication += fs::is_empty(settings.directory / ".exportd/staging") ? 0U : 1U;
            if (image % 2 == 0)
                neighbour_syncs();
            copy_image();
            copy.mount();
            INFO("image " << image);
            intact(root / "copy/json");
            copy.unmount();
            daemon.process().signal(SIGCONT);
        }
        serve(daemon);
        CHECK(daemon.stop() == 0);
    }
    WARN(in_publication << " of " << images << " images were taken with files on their way");
    disk.unmount();
}

} // namespace test
