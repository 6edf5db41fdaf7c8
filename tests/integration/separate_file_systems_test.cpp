// Trees with btrfs subvolumes and project quotas in them, between which the system renames nothing.
#include "support/catch.hpp"

#include "support/export_fixture.hpp"
#include "support/private_mounts.hpp"
#include "support/thrown_message.hpp"

#include <notes_export/error.hpp>

#include <cerrno>
#include <cstdlib>
#include <optional>

using namespace notes_export;
using test::contains;
using test::touched;
namespace fs = std::filesystem;

namespace {

struct file_systems_fixture : test::export_fixture {
    test::private_mounts mounts;
    fs::path const disk = root / "disk";
    fs::path const json = disk / "json";
    user const u = nth_user(3);

    ~file_systems_fixture() {
        if (m_mounted)
            shell("umount '" + disk.string() + "'");
    }

    static bool shell(std::string const& command) { return std::system((command + " > /dev/null 2>&1").c_str()) == 0; }

    /// false, and said why, when that cannot be had here.
    bool mounted(std::string const& make, std::string const& options) {
        auto const image = (root / "disk.img").string();
        fs::create_directories(disk);
        m_mounted = mounts.impossible().empty() &&
                    shell("truncate -s 512M '" + image + "' && " + make + " '" + image + "' && mount -o loop," +
                          options + " '" + image + "' '" + disk.string() + "'");
        if (!m_mounted)
            WARN("skipped: no loop device, or nothing that makes and mounts this: " << make << ' '
                                                                                    << mounts.impossible());
        return m_mounted;
    }

    export_config on_disk() const {
        auto c = config();
        c.directory = json;
        return c;
    }
    void publish() const { exporter{on_disk()}.run({}); }
    std::map<std::string, test::file_identity> published() const {
        std::map<std::string, test::file_identity> found;
        for (auto const& entry : fs::recursive_directory_iterator{json})
            if (entry.is_regular_file() && entry.path().string().find("/.exportd/") == std::string::npos)
                found.emplace(entry.path().string(), test::identity(entry.path()));
        return found;
    }
    void change_all() {
        db.exec("UPDATE dwh.datamartusers SET history_whole_open = history_whole_open + 1000;"
                "UPDATE dwh.datamartcountries SET history_whole_open = history_whole_open + 1000");
    }

    /// Neither a new exporter nor one that was there before publishes anything, and both say where and what to do.
    void refused(std::optional<exporter>& earlier, std::string const& place, std::string const& hint) {
        auto const before = published();
        auto const pending = db.pending();
        for (int attempt = 0; attempt < 2; ++attempt) {
            auto const message = test::thrown_message([&] { earlier ? (void)earlier->run({}) : publish(); });
            INFO(message);
            CHECK(contains(message, (json / place).string()));
            CHECK(contains(message, hint));
            CHECK(touched(before, published()).empty());
            CHECK(db.pending() == pending);
            earlier.reset();
        }
    }
    void healed() {
        publish();
        CHECK(db.pending() == 0);
        CHECK(notes_export::verify(on_disk()).clean());
    }

    void replace_by_subvolume(std::string const& place) const {
        auto const at = (json / place).string();
        REQUIRE(shell("mv '" + at + "' '" + at + ".old' && btrfs subvolume create '" + at + "' && cp -a '" + at +
                      ".old/.' '" + at + "' && rm -r '" + at + ".old'"));
    }
    void replace_by_directory(std::string const& place) const {
        auto const at = (json / place).string();
        REQUIRE(shell("cp -a '" + at + "' '" + at + ".new' && btrfs subvolume delete '" + at + "' && mv '" + at +
                      ".new' '" + at + "'"));
    }

private:
    bool m_mounted = false;
};

std::string parent(std::string const& path) {
    return fs::path{path}.parent_path().string();
}

} // namespace

TEST_CASE_METHOD(file_systems_fixture,
                 "file systems: a btrfs subvolume in the tree is refused before anything is there", "[disk][db]") {
    if (!mounted("mkfs.btrfs -q", "noatime"))
        return;
    std::optional<exporter> earlier{std::in_place, on_disk()};
    earlier->run({});
    auto const place = GENERATE_COPY(std::string{"users"}, std::string{"countries"}, std::string{"indexes"},
                                     parent(u.path), parent(parent(u.path)));
    replace_by_subvolume(place);
    change_all();
    refused(earlier, place, "btrfs subvolume");
    replace_by_directory(place);
    healed();
}

TEST_CASE_METHOD(file_systems_fixture, "file systems: a whole tree that is a btrfs subvolume is fine", "[disk][db]") {
    if (!mounted("mkfs.btrfs -q", "noatime"))
        return;
    REQUIRE(shell("btrfs subvolume create '" + json.string() + "'"));
    publish();
    change_all();
    healed();
}

TEST_CASE_METHOD(file_systems_fixture, "file systems: a project quota on a part of the tree", "[disk][db]") {
    // XFS keeps projects apart whether their quotas count or not.
    bool const xfs = GENERATE(true, false);
    if (!mounted(xfs ? "mkfs.xfs -q" : "mkfs.ext4 -q -F -O quota,project", xfs ? "noatime" : "prjquota"))
        return;
    std::optional<exporter> earlier{std::in_place, on_disk()};
    earlier->run({});
    auto const set_project = [&](fs::path const& at, int project) {
        REQUIRE(shell("xfs_io -x -r -c 'chproj -R " + std::to_string(project) + "' -c 'chattr -R " +
                      (project == 0 ? "-" : "+") + "P' '" + at.string() + "'"));
    };
    SECTION("deep inside: refused before anything is there") {
        set_project(json / parent(u.path), 42);
        change_all();
        refused(earlier, parent(u.path), "project quota");
        set_project(json / parent(u.path), 0);
    }
    SECTION("at the top: what is published there belongs to it") {
        set_project(json / "users", 42);
        set_project(json / "indexes", 43);
        change_all();
        CHECK(earlier->run({}).exported() == 36);
        CHECK(db.pending() == 0);
        earlier.reset();
        change_all();
    }
    SECTION("another one than that of the whole tree") {
        set_project(json, 41);
        set_project(json / "users", 42);
        change_all();
        refused(earlier, "", "project quota");
        set_project(json / "users", 41);
    }
    healed();
}
