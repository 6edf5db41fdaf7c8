// As whom commands work: root becomes the owner of the tree, everybody else is told what to type, and nothing is left
// behind that the service could not use.
#include "support/catch.hpp"
#include "support/daemon_fixture.hpp"
#include "support/other_user.hpp"
#include "support/thrown_message.hpp"

#include "setup/program.hpp"

#include <cstdlib>
#include <sys/stat.h>

namespace test {

namespace {

struct foreign_tree_fixture : daemon_fixture {
    std::optional<exportd::file_owner> const user = other_user();

    foreign_tree_fixture() {
        if (!user)
            return;
        open_for_all(root.path());
        settings.schema_dir = readable_copy(settings.schema_dir, root.path());
        std::filesystem::create_directory(tree());
        give(tree(), *user);
    }

    bool skipped() const {
        if (!user)
            WARN("skipped: only root can become somebody else");
        return !user;
    }

    /// Everything in the tree that is not the user's.
    std::vector<std::string> not_theirs() const {
        std::vector<std::string> found;
        for (auto const& entry : std::filesystem::recursive_directory_iterator{tree()}) {
            struct stat info {};
            if (::lstat(entry.path().c_str(), &info) != 0 || info.st_uid != user->uid || info.st_gid != user->gid)
                found.push_back(entry.path().string());
        }
        return found;
    }

    /// The command as that user, or another one, types it.
    exportd::program_result typed_by(exportd::file_owner const& who, std::string const& command,
                                     std::vector<std::string> const& options = {}) {
        settings.write(root / "typed.conf");
        if (m_program.empty())
            m_program = readable_copy(EXPORTD_BINARY, root.path());
        std::vector<std::string> words{m_program.string(), command, "--config", (root / "typed.conf").string()};
        words.insert(words.end(), options.begin(), options.end());
        return exportd::run_program({words, who});
    }

private:
    std::filesystem::path m_program;
};

} // namespace

TEST_CASE_METHOD(foreign_tree_fixture, "acting user: what root types is done as the owner of the tree",
                 "[daemon][db]") {
    if (skipped())
        return;
    auto const exported = run_command({"once", "--full", "--force"});
    INFO(exported.errors);
    CHECK(exported.status == 0);
    CHECK(not_theirs() == std::vector<std::string>{});
    CHECK(has("metadata.json"));
    for (std::string const command : {"status", "verify", "once"}) {
        INFO(command);
        CHECK(run_command({command}).status == (command == "status" ? 2 : 0)); // no daemon runs
    }
    CHECK(not_theirs() == std::vector<std::string>{});
}

TEST_CASE_METHOD(foreign_tree_fixture, "acting user: root's daemon leaves nothing of root's in the tree either",
                 "[daemon][db]") {
    if (skipped())
        return;
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    struct stat info {};
    REQUIRE(::stat(("/proc/" + std::to_string(daemon.process().pid())).c_str(), &info) == 0);
    CHECK(info.st_uid == user->uid);
    CHECK(daemon.stop() == 0);
    CHECK(not_theirs() == std::vector<std::string>{});
}

TEST_CASE_METHOD(foreign_tree_fixture,
                 "acting user: a tree that is not there yet is made by the owner of what it is in", "[daemon][db]") {
    if (skipped())
        return;
    settings.directory = tree() / "further" / "json";
    CHECK(run_command({"once"}).status == 0);
    CHECK(not_theirs() == std::vector<std::string>{});
}

TEST_CASE_METHOD(foreign_tree_fixture, "acting user: the database sees the owner's role", "[daemon][db]") {
    if (skipped())
        return;
    settings.conninfo = "host=" + test_database::host() + " dbname=" + db.name();
    settings.write(root / "typed.conf");
    std::string const before = std::getenv("PGUSER") == nullptr ? "" : std::getenv("PGUSER");
    ::unsetenv("PGUSER");
    child_process once{root / "typed", {"once", "--config", (root / "typed.conf").string()}};
    ::setenv("PGUSER", before.c_str(), 1);
    CHECK(once.wait_exit() == 69);
    CHECK(contains(once.errors(), "role \"nobody\" does not exist"));
}

TEST_CASE_METHOD(foreign_tree_fixture, "acting user: root stays root in a tree of root's", "[daemon][db]") {
    if (skipped())
        return;
    give(tree(), {});
    CHECK(run_command({"once"}).status == 0);
    struct stat info {};
    REQUIRE(::stat((tree() / "metadata.json").c_str(), &info) == 0);
    CHECK(info.st_uid == 0);
}

TEST_CASE_METHOD(foreign_tree_fixture, "acting user: anybody else is told what to type, in one line", "[daemon][db]") {
    if (skipped())
        return;
    auto const stranger = exportd::user_named("daemon");
    REQUIRE(stranger);
    REQUIRE(run_command({"once"}).status == 0);
    for (std::string const command : {"status", "verify", "once", "check"}) {
        INFO(command);
        auto const r = typed_by(*stranger, command);
        CHECK(r.status == 77);
        CHECK(r.output.empty());
        CHECK(r.errors == "osm-notes-exportd: the tree " + tree().string() + " belongs to " + user->name +
                              ", so type: sudo -u " + user->name + " osm-notes-exportd " + command + " --config " +
                              (root / "typed.conf").string() + '\n');
    }
    CHECK(contains(typed_by(*stranger, "once", {"--dry-run", "--id", "users:5"}).errors,
                   " osm-notes-exportd once --dry-run --id users:5 --config "));
    give(tree(), {});
    give(tree() / ".exportd", {});
    CHECK(contains(typed_by(*stranger, "once").errors,
                   "belongs to root, so type: sudo osm-notes-exportd once --config "));
    CHECK(typed_by(*stranger, "check-config").status == 0);
}

TEST_CASE_METHOD(foreign_tree_fixture, "acting user: a refusal by the database says what to type too", "[daemon][db]") {
    if (skipped())
        return;
    auto const stranger = exportd::user_named("daemon");
    REQUIRE(stranger);
    settings.conninfo = db.conninfo() + " user=absent";
    auto const r = typed_by(*stranger, "verify"); // nothing in the tree is closed to others yet
    CHECK(r.status == 77);
    INFO(r.errors);
    CHECK(contains(r.errors, "so type: sudo -u " + user->name + " osm-notes-exportd verify --config " +
                                 (root / "typed.conf").string() + " (connect ("));
    CHECK(contains(r.errors, "role \"absent\" does not exist"));
}

TEST_CASE_METHOD(daemon_fixture, "log file: commands with a person in front of them make none", "[daemon][db]") {
    auto const log = root / "exportd.log";
    for (std::string const command : {"check-config", "status", "verify", "check"}) {
        INFO(command);
        run_command({command, "--set", "log.file=" + log.string()});
        CHECK_FALSE(std::filesystem::exists(log));
        CHECK_FALSE(std::filesystem::exists(tree()));
    }
    CHECK(run_command({"once", "--set", "log.file=" + log.string()}).status == 0);
    CHECK(std::filesystem::exists(log));
}

TEST_CASE_METHOD(foreign_tree_fixture, "log file: what root's once opens belongs to the owner of the tree",
                 "[daemon][db]") {
    if (skipped())
        return;
    auto const logs = root / "logs";
    std::filesystem::create_directory(logs);
    give(logs, *user);
    CHECK(run_command({"once", "--set", "log.file=" + (logs / "exportd.log").string()}).status == 0);
    struct stat info {};
    REQUIRE(::stat((logs / "exportd.log").c_str(), &info) == 0);
    CHECK(info.st_uid == user->uid);
}

} // namespace test
