// What somebody may have put in the place of our files and directories. Nothing outside the tree is read, written or
// removed; what is wrong is mended or named.
#include "support/catch.hpp"

#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"

#include <notes_export/error.hpp>

#include <functional>
#include <sys/stat.h>
#include <unistd.h>

using namespace notes_export;
using test::contains;
namespace fs = std::filesystem;

namespace {

struct planted_fixture : test::export_fixture {
    fs::path const outside = root / "outside";
    fs::path const victim = outside / "victim";
    fs::path const aside = root / "aside";
    int open_notes = 5000;

    planted_fixture() {
        fs::create_directories(outside / "directory");
        std::ofstream{victim} << "untouched\n";
    }

    struct trap {
        std::string name;
        std::function<void(fs::path const&)> set;
    };
    std::vector<trap> traps() const {
        return {{"link to a file", [this](fs::path const& at) { fs::create_symlink(victim, at); }},
                {"link to nothing", [this](fs::path const& at) { fs::create_symlink(outside / "nothing", at); }},
                {"link to a directory",
                 [this](fs::path const& at) { fs::create_directory_symlink(outside / "directory", at); }},
                {"second name", [this](fs::path const& at) { fs::create_hard_link(victim, at); }},
                {"fifo", [](fs::path const& at) { REQUIRE(::mkfifo(at.c_str(), 0644) == 0); }},
                {"directory",
                 [](fs::path const& at) {
                     fs::create_directories(at / "inside");
                     std::ofstream{at / "inside/file"} << "mine\n";
                 }},
                {"file", [](fs::path const& at) { std::ofstream{at} << "garbage"; }},
                {"empty file", [](fs::path const& at) { std::ofstream{at}; }}};
    }

    void outside_is_untouched() const {
        CHECK(test::read_file(victim) == "untouched\n");
        CHECK(fs::is_empty(outside / "directory"));
        CHECK_FALSE(fs::exists(fs::symlink_status(outside / "nothing")));
    }

    /// The full export mends it or names it; without the trap the tree is mended whatever happened.
    void survives(std::string const& place, trap const& t) {
        INFO(t.name << " at " << place);
        fs::remove_all(aside);
        if (fs::exists(fs::symlink_status(tree() / place)))
            fs::rename(tree() / place, aside);
        t.set(tree() / place);
        change_user(nth_user(2).key, ++open_notes); // there is something to publish
        auto const message = test::thrown_message([&] { run(true); });
        INFO(message);
        auto const named = contains(message, (tree() / place).string());
        auto const public_place = !place.starts_with(".exportd");
        CHECK((message.empty() || named));
        if (message.empty())
            CHECK(verify().clean());
        if (public_place && t.name == "directory")
            CHECK(test::read_file(tree() / place / "inside/file") == "mine\n");
        outside_is_untouched();
        test::thrown_message([&] { read_status(config()); }); // ends, and does no harm
        test::thrown_message([&] { verify(); });
        outside_is_untouched();
        fs::remove_all(tree() / place);
        run(true);
        CHECK(verify().clean());
        CHECK(db.pending() == 0);
    }

    void survives_all(std::vector<std::string> const& places) {
        for (auto const& place : places)
            for (auto const& t : traps())
                survives(place, t);
    }
};

} // namespace

TEST_CASE_METHOD(planted_fixture, "planted: in the place of published files", "[planted][db]") {
    run();
    survives_all(
        {nth_user(2).path, "indexes/users.json", "global_stats.json", "metadata.json", ".json_export_version"});
}

TEST_CASE_METHOD(planted_fixture, "planted: in the place of published directories", "[planted][db]") {
    run();
    survives_all({fs::path{nth_user(2).path}.parent_path(), "users", "countries", "indexes"});
}

TEST_CASE_METHOD(planted_fixture, "planted: in the place of private files", "[planted][db]") {
    run();
    survives_all({".exportd", ".exportd/staging", ".exportd/lock", ".exportd/publishing", ".exportd/.gitignore",
                  ".exportd/sources", ".exportd/last_full", ".exportd/quarantine.json", ".exportd/database",
                  ".exportd/counts", ".exportd/files"});
}

TEST_CASE_METHOD(planted_fixture, "planted: in the place of the change feed", "[planted][db]") {
    run();
    survives_all({".exportd/changes", ".exportd/changes/ahead", ".exportd/changes/state.json", ".exportd/changes/000",
                  ".exportd/changes/000/000", ".exportd/mirrors"});
}

TEST_CASE_METHOD(planted_fixture, "planted: private files that are damaged are mended by themselves", "[planted][db]") {
    run();
    for (std::string const name :
         {"sources", "last_full", "quarantine.json", "database", "counts", "files", ".gitignore"}) {
        for (auto const& t : traps()) {
            if (t.name == "second name")
                continue; // replaced like any other; the test above looks at the first one
            INFO(t.name << " at " << name);
            fs::remove_all(tree() / ".exportd" / name);
            t.set(tree() / ".exportd" / name);
            CHECK(run().mode ==
                  (name == "sources" || name == "last_full" ? cycle_mode::full : cycle_mode::incremental));
            CHECK(run().mode == cycle_mode::incremental);
            CHECK(verify().clean());
        }
    }
    outside_is_untouched();
}

TEST_CASE_METHOD(planted_fixture, "planted: huge private files are not read into memory", "[planted][db]") {
    run();
    for (std::string const name : {".exportd/sources", ".exportd/quarantine.json", ".exportd/files", "metadata.json"}) {
        std::ofstream{tree() / name} << "x";
        fs::resize_file(tree() / name, 1ULL << 40U);
    }
    CHECK(read_status(config()).quarantined.empty());
    CHECK_FALSE(verify().clean());
    run();
    CHECK(fs::file_size(tree() / ".exportd/quarantine.json") < 10);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(planted_fixture, "planted: things in staging are removed, and nothing they lead to", "[planted][db]") {
    run();
    for (auto const& t : traps())
        t.set(tree() / ".exportd/staging" / t.name);
    run();
    CHECK(fs::is_empty(tree() / ".exportd/staging"));
    outside_is_untouched();
}

TEST_CASE_METHOD(planted_fixture, "planted: the place of a profile without a row", "[planted][db]") {
    run();
    auto const place = std::string{"users/0/3/9/12345.json"};
    for (auto const& t : traps()) {
        INFO(t.name);
        fs::create_directories((tree() / place).parent_path());
        t.set(tree() / place);
        CHECK_NOTHROW(run(true));
        CHECK(verify().clean());
        // A directory is nobody's profile; everything else was served as one.
        CHECK(fs::exists(fs::symlink_status(tree() / place)) == (t.name == "directory"));
        outside_is_untouched();
        fs::remove_all(tree() / place);
    }
}

TEST_CASE_METHOD(planted_fixture, "planted: a version file that leads outside is not published", "[planted][db]") {
    run();
    std::ofstream{outside / "version"} << "9.9.9\n";
    fs::remove(tree() / ".json_export_version");
    fs::create_symlink(outside / "version", tree() / ".json_export_version");
    CHECK(run().version == "1.0.0");
    CHECK(test::read_file(outside / "version") == "9.9.9\n");
}

TEST_CASE_METHOD(planted_fixture, "planted: a metadata.json that leads outside is not believed", "[planted][db]") {
    run();
    fs::rename(tree() / "metadata.json", outside / "metadata.json");
    fs::create_symlink(outside / "metadata.json", tree() / "metadata.json");
    CHECK(run().reason == "tree is empty");
    CHECK_FALSE(fs::is_symlink(tree() / "metadata.json"));
}

TEST_CASE_METHOD(planted_fixture, "planted: whatever the umask is, readers can read", "[planted][db]") {
    auto const before = ::umask(077);
    auto c = config();
    c.directory = root / "new/deeper/json";
    exporter{c}.run({});
    ::umask(before);
    auto const mode = [&](fs::path const& path) { return static_cast<unsigned>(fs::status(path).permissions()); };
    CHECK(mode(root / "new") == 0755);
    CHECK(mode(c.directory) == 0755);
    for (auto const& entry : fs::recursive_directory_iterator{c.directory}) {
        INFO(entry.path());
        if (entry.path().string().find("/.exportd") == std::string::npos)
            CHECK(mode(entry.path()) == (entry.is_directory() ? 0755U : 0644U));
    }
}
