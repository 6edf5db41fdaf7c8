// `status` when something is not as it should be: the daemon hangs, the tree or the settings cannot be read, whoever
// asks is not the owner, or what was recorded is long over.
#include "support/catch.hpp"
#include "support/daemon_fixture.hpp"
#include "support/line_of.hpp"
#include "support/other_user.hpp"
#include "support/parsed_json.hpp"
#include "support/thrown_message.hpp"

#include "setup/program.hpp"

#include <rapidjson/document.h>

#include <csignal>

namespace test {

namespace {

struct asking_fixture : daemon_fixture {
    /// The object, whose exit_code is always that of the command.
    rapidjson::Document json(std::vector<std::string> more = {}) {
        more.insert(more.begin(), {"status", "--json"});
        auto const r = run_command(more);
        auto d = parsed(r.output);
        CHECK(d["exit_code"].GetInt() == r.status);
        return d;
    }
};

/// A tree of somebody who is not root, with a daemon at work there and a socket for his group.
struct others_fixture : asking_fixture {
    std::optional<exportd::file_owner> const user = other_user();
    std::optional<daemon_process> daemon;

    others_fixture() {
        if (!user)
            return;
        open_for_all(root.path());
        give(root.path(), *user);
        settings.schema_dir = readable_copy(settings.schema_dir, root.path());
        std::filesystem::create_directory(tree());
        give(tree(), *user);
        daemon.emplace(root.path(), settings);
        daemon->wait_settled();
    }
    ~others_fixture() {
        std::error_code gone;
        std::filesystem::permissions(tree(), std::filesystem::perms{0755}, gone);
    }
    others_fixture(others_fixture const&) = delete;
    others_fixture& operator=(others_fixture const&) = delete;

    bool skipped() const {
        if (!user)
            WARN("skipped: only root can become somebody else");
        return !user;
    }
    exportd::program_result typed_by(exportd::file_owner const& who, std::vector<std::string> words) {
        settings.write(root / "typed.conf");
        words.insert(words.begin(), readable_copy_of_program());
        words.insert(words.end(), {"--config", (root / "typed.conf").string()});
        return exportd::run_program({.words = words, .as = who, .more = {{"RUNTIME_DIRECTORY", root.path().string()}}});
    }

private:
    std::string readable_copy_of_program() {
        if (m_program.empty())
            m_program = readable_copy(EXPORTD_BINARY, root.path());
        return m_program.string();
    }
    std::filesystem::path m_program;
};

} // namespace

TEST_CASE_METHOD(asking_fixture, "status: a daemon that hangs is not well, however good its last run was",
                 "[live][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    daemon.process().signal(SIGSTOP);
    db.exec("UPDATE dwh.datamartusers SET history_whole_open = history_whole_open + 1");
    auto const d = json();
    auto const text = run_command({"status"});
    daemon.process().signal(SIGCONT);
    CHECK(d["state"] == "unknown");
    CHECK(d["exit_code"].GetInt() == 1);
    CHECK(contains(d["daemon_problem"].GetString(), "no answer in time"));
    CHECK(text.status == 1);
    CHECK(contains(line_of(text.output, "Daemon"), "does not tell how it is ("));
}

TEST_CASE_METHOD(asking_fixture, "status: a database that cannot be asked is in the state as well as in the exit code",
                 "[live][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    settings.conninfo = "host=" + root.path().string() + " dbname=none";
    auto const d = json();
    CHECK(d["daemon"]["state"] == "well");
    CHECK(d["state"] == "failing");
    CHECK(d["exit_code"].GetInt() == 1);
}

TEST_CASE_METHOD(others_fixture, "status: with a tree that cannot be entered the daemon's word is there",
                 "[live][db]") {
    if (skipped())
        return;
    bool const whole = GENERATE(true, false);
    std::filesystem::permissions(whole ? tree() : tree() / ".exportd", std::filesystem::perms{0});
    auto const d = json();
    auto const text = run_command({"status"});
    std::filesystem::permissions(tree() / (whole ? "" : ".exportd"), std::filesystem::perms{0755});
    CHECK(d["daemon"]["state"] == "well");
    CHECK(d["state"] == "failing");
    CHECK(contains(d["tree_problem"].GetString(), "Permission denied"));
    CHECK(d["datasets"].Size() == 2); // the database is told too
    CHECK(text.status == 1);
    CHECK(contains(line_of(text.output, "Daemon"), "Up to date"));
    CHECK(contains(text.output, "Permission denied"));
}

TEST_CASE_METHOD(asking_fixture, "status: settings with mistakes leave what the daemon says", "[live][db]") {
    std::vector<std::string> const mistake{"--set", "log.level=loud"};
    auto const before = run_command({"status", "--json", mistake[0], mistake[1]});
    CHECK(before.status == 78); // nobody is there to say more
    CHECK(before.output.empty());
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const d = json(mistake);
    CHECK(d["state"] == "remarks");
    CHECK(d["exit_code"].GetInt() == 0);
    CHECK(d["daemon"]["state"] == "well");
    CHECK(contains(d["tree_problem"].GetString(), "the settings have mistakes: --set log.level"));
    CHECK(contains(d["database_problem"].GetString(), "the settings have mistakes: --set log.level"));
    auto const text = run_command({"status", mistake[0], mistake[1]});
    CHECK(text.status == 0);
    CHECK(contains(text.errors, "--set log.level"));
    CHECK(contains(line_of(text.output, "Daemon"), "Up to date"));
    CHECK(line_of(text.output, "Tree") == "Tree       " + tree().string());
}

TEST_CASE_METHOD(others_fixture, "status: whoever may use the daemon's socket is told what it says", "[live][db]") {
    if (skipped())
        return;
    auto member = exportd::user_named("games");
    REQUIRE(member);
    settings.conninfo = db.conninfo() + " user=absent"; // as most people have no role there
    auto const stranger = typed_by(*member, {"status", "--json"});
    CHECK(stranger.status == 77);
    CHECK(stranger.output.empty());

    member->gid = user->gid;
    member->home.clear(); // of no other group
    auto const r = typed_by(*member, {"status", "--json"});
    INFO(r.errors);
    CHECK(r.status == 0);
    auto const d = parsed(r.output);
    CHECK(d["state"] == "well");
    CHECK(d["exit_code"].GetInt() == 0);
    CHECK(d["daemon"]["pid"].GetInt() == daemon->process().pid());
    CHECK(contains(d["tree_problem"].GetString(), "Permission denied"));
    CHECK(contains(d["database_problem"].GetString(), "role \"absent\" does not exist"));
    auto const text = typed_by(*member, {"status"});
    CHECK(text.status == 0);
    CHECK(contains(line_of(text.output, "Daemon"), "Up to date"));
    CHECK(typed_by(*member, {"verify"}).status == 77);
}

TEST_CASE_METHOD(asking_fixture, "status: a recorded failure that the daemon has got over is over", "[live][db]") {
    run_command({"once"});
    db.exec("INSERT INTO dwh.json_export_runs (started_at, finished_at, mode, reason, result, duration_ms, error, host,"
            " pid, version) VALUES (now(), now() + interval '1 s', 'incremental', 'changes', 'failure', 1,"
            " 'lock tables for reading: permission denied', 'here', 1, '1')");
    CHECK(contains(line_of(run_command({"status"}).output, "Failing"), ": lock tables for reading: permission"));
    daemon_process daemon{root.path(), settings};
    daemon.wait_for_event("cycle_finished");
    CHECK(wait_until([&] {
        auto const r = run_command({"status"});
        return r.status == 0 && contains(line_of(r.output, "Failed "), ", over: lock tables for reading: permission") &&
               !contains(r.output, "Failing ");
    }));
}

} // namespace test
