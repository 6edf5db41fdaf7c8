// File systems that are full, read-only or put together from several mounts.
#include "support/catch.hpp"

#include "support/export_fixture.hpp"
#include "support/private_mounts.hpp"
#include "support/thrown_message.hpp"

#include <notes_export/error.hpp>

#include <cerrno>
#include <optional>
#include <sys/stat.h>
#include <sys/statvfs.h>

using namespace notes_export;
using test::contains;
using test::touched;
namespace fs = std::filesystem;

namespace {

struct disk_fixture : test::export_fixture {
    test::private_mounts mounts;

    bool skipped() const {
        if (!mounts.impossible().empty())
            WARN("skipped: " << mounts.impossible());
        return !mounts.impossible().empty();
    }

    /// What a cycle fails with: path and errno of a file_error.
    static std::pair<std::string, int> failure(exporter& e) {
        try {
            e.run({});
        } catch (file_error const& error) {
            return {error.path().string(), error.code().value()};
        }
        return {"no failure", 0};
    }

    /// Nothing of the failed cycle is visible, nothing of it takes up space, nothing is marked.
    void unharmed(std::map<std::string, test::file_identity> const& before, std::int64_t pending) {
        CHECK(touched(before, files()).empty());
        CHECK(fs::is_empty(tree() / ".exportd/staging"));
        CHECK(db.pending() == pending);
    }

    /// Every file's content is a whole old or a whole new one, and the next cycle makes the rest.
    void heals(exporter& e) {
        e.run({});
        CHECK(db.pending() == 0);
        CHECK(verify().clean());
    }

    std::string change_all() {
        db.exec("UPDATE dwh.datamartusers SET history_whole_open = history_whole_open + 1000");
        return "";
    }

    void fill_up(fs::path const& with) const {
        std::ofstream out{with};
        std::string const block(4096, 'x');
        while (out.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
        }
    }
};

std::uint64_t used_inodes(fs::path const& path) {
    struct statvfs info {};
    REQUIRE(::statvfs(path.c_str(), &info) == 0);
    return info.f_files - info.f_ffree;
}

} // namespace

TEST_CASE_METHOD(disk_fixture, "disk: a first export onto a disk that is too small publishes nothing and heals",
                 "[disk][db]") {
    if (skipped())
        return;
    std::string enough;
    SECTION("no blocks") {
        mounts.tmpfs(tree(), "size=64k");
        enough = "size=8m";
    }
    SECTION("no inodes") {
        mounts.tmpfs(tree(), "size=8m,nr_inodes=20");
        enough = "nr_inodes=400";
    }
    exporter e{config()};
    auto const [path, error] = failure(e);
    CHECK(path.starts_with(tree().string()));
    CHECK(error == ENOSPC);
    unharmed({}, 36);
    mounts.resize(tree(), enough);
    heals(e);
}

TEST_CASE_METHOD(disk_fixture,
                 "disk: a full disk fails the cycle, leaves the tree as it is, and heals when there is room",
                 "[disk][db]") {
    if (skipped())
        return;
    mounts.tmpfs(tree(), "size=2m,nr_inodes=400");
    auto c = config();
    SECTION("one batch") {}
    SECTION("several batches") {
        c.batch_size = 7;
    }
    exporter e{c};
    e.run({});
    auto const before = files();
    change_all();
    fill_up(tree() / "filler");
    auto const [path, error] = failure(e);
    CHECK(contains(path, ".exportd/"));
    CHECK(error == ENOSPC);
    fs::remove(tree() / "filler");
    unharmed(before, 30);
    heals(e);
}

TEST_CASE_METHOD(disk_fixture, "disk: a disk without inodes fails the cycle, and heals when there are some",
                 "[disk][db]") {
    if (skipped())
        return;
    mounts.tmpfs(tree(), "size=8m,nr_inodes=400");
    exporter e{config()};
    e.run({});
    auto const before = files();
    change_all();
    mounts.resize(tree(), "nr_inodes=" + std::to_string(used_inodes(tree()) + 5));
    auto const [path, error] = failure(e);
    CHECK(contains(path, ".exportd/staging/"));
    CHECK(error == ENOSPC);
    unharmed(before, 30);
    mounts.resize(tree(), "nr_inodes=400");
    heals(e);
}

TEST_CASE_METHOD(disk_fixture, "disk: a full disk at the first start does not put private files into git later",
                 "[disk][db]") {
    if (skipped())
        return;
    mounts.tmpfs(tree(), "size=2m,nr_inodes=400");
    fill_up(tree() / "filler");
    CHECK_THROWS_AS(exporter{config()}, file_error);
    fs::remove(tree() / "filler");
    exporter{config()}.run({});
    CHECK(file(".exportd/.gitignore") == "*\n");
}

TEST_CASE_METHOD(disk_fixture, "disk: a mount inside the tree is refused before anything is published", "[disk][db]") {
    if (skipped())
        return;
    run();
    auto const before = files();
    auto const u = nth_user(3);
    change_user(u.key, 4711);
    auto const refused = [&](std::string const& place) {
        fs::create_directories(root / "elsewhere");
        mounts.bind(root / "elsewhere", tree() / place);
        struct stat here {
        }, inside{};
        REQUIRE(::stat(tree().c_str(), &here) == 0);
        REQUIRE(::stat((tree() / place).c_str(), &inside) == 0);
        CHECK(here.st_dev == inside.st_dev); // the same file system, and still no file can be renamed into it
        auto const message = test::thrown_message([&] { run(); });
        INFO(message);
        CHECK(contains(message, (tree() / place).string()));
        CHECK(contains(message, "the tree must be one mount"));
        CHECK(fs::is_empty(root / "elsewhere"));
        mounts.unmount(tree() / place);
        CHECK(touched(before, files()).empty());
        CHECK(db.pending() == 1);
    };
    SECTION("a dataset's directory, found at start") {
        refused("users");
    }
    SECTION("the indexes, found at start") {
        refused("indexes");
    }
    SECTION("deep inside, found when it is read") {
        refused(fs::path{u.path}.parent_path());
    }
    SECTION("the private directory") {
        refused(".exportd");
    }
    CHECK(run().exported() == 1);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(disk_fixture, "disk: the root itself may be a mount, and other directories of others too",
                 "[disk][db]") {
    if (skipped())
        return;
    for (auto const* directory : {"real", "json", "csv"})
        fs::create_directories(root / directory);
    mounts.bind(root / "real", tree());
    fs::create_directories(tree() / "csv");
    fs::create_directories(tree() / "users/photos");
    mounts.bind(root / "csv", tree() / "csv");
    mounts.bind(root / "csv", tree() / "users/photos");
    run();
    CHECK(verify().clean());
    run(true);
    CHECK(fs::exists(root / "real/metadata.json"));
}

TEST_CASE_METHOD(disk_fixture, "disk: a directory without write permission fails the cycle by name, and is made up for",
                 "[disk][db]") {
    fs::copy(EXPORTD_SOURCE_DIR "/conf/schemas", root / "schemas"); // where anybody may read
    auto c = config();
    c.schema_dir = root / "schemas";
    std::optional<test::without_privileges> plain{std::in_place, root.path()};
    exporter e{c};
    e.run({});
    auto const u = nth_user(3);
    auto const directory = (tree() / u.path).parent_path();
    auto const before = contents();
    change_user(u.key, 4711);
    db.exec("UPDATE dwh.datamartcountries SET history_whole_open = 4711 WHERE dimension_country_id ="
            " (SELECT min(dimension_country_id) FROM dwh.datamartcountries)");
    fs::permissions(directory, fs::perms{0555});
    for (int attempt = 0; attempt < 2; ++attempt) {
        auto const [path, error] = failure(e);
        CHECK(path == tree() / u.path);
        CHECK(error == EACCES);
        CHECK(db.pending() == 2);
        CHECK(file(u.path) == before.at(u.path));
        CHECK(contains(file("metadata.json"), "\"generation\": 1,\n  \"publishing\": 2")); // announced, not reached
        CHECK(file("indexes/users.json") == before.at("indexes/users.json"));
    }
    fs::permissions(directory, fs::perms{0755});
    plain.reset(); // the schemas that verify() reads may be in a private place
    heals(e);
}

TEST_CASE_METHOD(disk_fixture, "disk: one that becomes read-only in the middle of a publication leaves whole files",
                 "[disk][db]") {
    if (skipped())
        return;
    test::loop_disk const disk{root / "disk.img", root / "disk"};
    if (auto const why = disk.format(24); !why.empty()) {
        WARN("skipped: " << why);
        return;
    }
    disk.mount();
    auto c = config();
    c.directory = root / "disk/json";
    exporter{c}.run({});
    change_all();
    {
        bool broken = false;
        exporter e{c, {.entering = [&](phase p) {
                       if (p == phase::publish && !std::exchange(broken, true))
                           disk.fail();
                   }}};
        for (int attempt = 0; attempt < 2; ++attempt) {
            auto const [path, error] = failure(e);
            CHECK(path.starts_with(c.directory.string()));
            CHECK(error == EROFS);
            CHECK(db.pending() == 30);
        }
    }
    disk.unmount();
    disk.mount();
    exporter{c}.run({});
    CHECK(db.pending() == 0);
    CHECK(notes_export::verify(c).clean());
    disk.unmount();
}
