// [hooks] after_publish: when the daemon and `once` run it, what it is told, and that it disturbs nothing.
#include "support/catch.hpp"
#include "support/daemon_fixture.hpp"
#include "support/thrown_message.hpp"

#include <cerrno>
#include <csignal>

namespace test {

namespace {

using namespace std::chrono_literals;

struct hook_fixture : daemon_fixture {
    void use(std::string const& command) { settings.more = "[hooks]\nafter_publish = " + command + '\n'; }
    std::string at(std::string const& name) const { return (root / name).string(); }
    std::string text(std::string const& name) const { return read_file(root / name); }
    bool gone(std::string const& file) const {
        auto const pid = std::stoi(text(file));
        return wait_until([pid] { return ::kill(pid, 0) != 0 && errno == ESRCH; });
    }
    void publish(daemon_process const& daemon, int open) {
        change_user(nth_user(0).key, open);
        run_cycle(daemon);
    }
};

std::vector<log_record> records(daemon_process const& daemon, std::string const& event) {
    std::vector<log_record> found;
    for (auto const& record : daemon.log())
        if (record.event == event)
            found.push_back(record);
    return found;
}

} // namespace

TEST_CASE_METHOD(hook_fixture, "after_publish: runs once for each publication, in the tree, and is told of it",
                 "[daemon][db]") {
    settings.http_listen = "unix:" + at("http");
    use("echo $OSM_NOTES_GENERATION $OSM_NOTES_MODE $OSM_NOTES_FILES_WRITTEN $OSM_NOTES_FILES_REMOVED"
        " $OSM_NOTES_DIRECTORY $PWD $(cat) >> " +
        at("runs") + "; ls -l /proc/$$/fd > " + at("descriptors") + "; env > " + at("environment"));
    notify_socket const systemd{root / "notify"};
    auto variables = systemd.environment();
    variables["PGPASSWORD"] = "s3cret";
    daemon_process daemon{root.path(), settings, variables};
    daemon.wait_settled();
    daemon.wait_for_event("hook_finished");
    auto const directory = tree().string();
    CHECK(text("runs") == "1 full 41 0 " + directory + ' ' + directory + '\n');
    auto const descriptors = text("descriptors");
    CHECK(descriptors.find("-> /dev/null") != std::string::npos);
    for (std::string const ours : {"socket:", "anon_inode:", ".exportd"})
        CHECK(descriptors.find(ours) == std::string::npos);
    CHECK(text("environment").find("s3cret") == std::string::npos);
    CHECK(text("environment").find("NOTIFY_SOCKET") == std::string::npos);
    CHECK(text("environment").find("PATH=") != std::string::npos);
    run_cycle(daemon); // publishes nothing
    publish(daemon, 4711);
    daemon.wait_for_event("hook_finished", 2);
    CHECK(text("runs") ==
          "1 full 41 0 " + directory + ' ' + directory + "\n2 incremental 3 0 " + directory + ' ' + directory + '\n');
    CHECK(records(daemon, "hook_finished").back().field("generation") == "2");
    CHECK(daemon.count("hook_failed") == 0);
}

TEST_CASE_METHOD(hook_fixture, "after_publish: runs for what was published by a cycle that then failed",
                 "[daemon][db]") {
    use("echo $OSM_NOTES_GENERATION >> " + at("runs"));
    auto const fail_to_mark = "CREATE FUNCTION dwh.refuse() RETURNS trigger LANGUAGE plpgsql AS"
                              " $$ BEGIN IF NEW.json_exported THEN RAISE 'no mark'; END IF; RETURN NEW; END $$;"
                              "CREATE TRIGGER zz_refuse BEFORE UPDATE ON dwh.datamartusers FOR EACH ROW"
                              " EXECUTE FUNCTION dwh.refuse()";
    SECTION("of the daemon") {
        daemon_process daemon{root.path(), settings};
        daemon.wait_settled();
        daemon.wait_for_event("hook_finished");
        db.exec(fail_to_mark);
        change_user(nth_user(0).key, 4711);
        notify();
        daemon.wait_for_event("cycle_failed");
        daemon.wait_for_event("hook_finished", 2);
        CHECK(text("runs") == "1\n2\n");
        db.exec("DROP TRIGGER zz_refuse ON dwh.datamartusers");
        run_cycle(daemon); // marks, and publishes nothing
        CHECK(db.pending() == 0);
        CHECK(daemon.count("hook_finished") == 2);
    }
    SECTION("of once") {
        run_command({"once"});
        db.exec(fail_to_mark);
        change_user(nth_user(0).key, 4711);
        auto const r = run_command({"once"});
        CHECK(r.status != 0);
        CHECK(contains(r.errors, "no mark"));
        CHECK(text("runs") == "1\n2\n");
    }
}

TEST_CASE_METHOD(hook_fixture, "after_publish: a command that hangs holds up neither cycles nor SIGTERM",
                 "[daemon][db]") {
    auto longest = 4s;
    SECTION("until it is asked to end") {
        use("echo $$ > " + at("pid") + "; sleep 1000");
    }
    SECTION("until it is killed") {
        use("trap '' TERM; echo $$ > " + at("pid") + "; while :; do sleep 1; done");
        longest = 9s;
    }
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    daemon.wait_for("a command that runs", [&] { return !text("pid").empty(); });
    publish(daemon, 4711);
    CHECK(file(nth_user(0).path).find("\"history_whole_open\":4711,") != std::string::npos);
    CHECK(daemon.count("hook_finished") + daemon.count("hook_failed") == 0);
    daemon.process().signal(SIGTERM);
    CHECK(daemon.process().wait_exit(longest) == 0);
    CHECK(gone("pid"));
    CHECK(daemon.count("hook_failed") == 1);
    CHECK(daemon.log().back().event == "stopped");
}

TEST_CASE_METHOD(hook_fixture, "after_publish: a second SIGTERM takes the command along", "[daemon][db]") {
    use("trap '' TERM; echo $$ > " + at("pid") + "; while :; do sleep 1; done");
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    daemon.wait_for("a command that runs", [&] { return !text("pid").empty(); });
    daemon.process().signal(SIGTERM);
    daemon.wait_for_event("stopping");
    daemon.process().signal(SIGTERM);
    CHECK(daemon.process().wait_exit(4s) == 1);
    CHECK(gone("pid"));
}

TEST_CASE_METHOD(hook_fixture, "after_publish: two publications during a slow run lead to one more", "[daemon][db]") {
    use("echo $OSM_NOTES_GENERATION $OSM_NOTES_FILES_WRITTEN >> " + at("runs") + "; until [ -e " + at("go") +
        " ]; do sleep 0.02; done");
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    publish(daemon, 1);
    publish(daemon, 2);
    std::ofstream{root / "go"};
    daemon.wait_for_event("hook_finished", 2);
    CHECK(text("runs") == "1 41\n3 6\n");
    publish(daemon, 3);
    daemon.wait_for_event("hook_finished", 3);
    CHECK(text("runs") == "1 41\n3 6\n4 3\n");
}

TEST_CASE_METHOD(hook_fixture, "after_publish: output is harmless and a failure loses nothing", "[daemon][db]") {
    settings.log_level = "info";
    use(R"(printf '\033[31mred\007\nevent=cycle_failed\n' >&2; printf 'end'; exit 3)");
    daemon_process daemon{root.path(), settings};
    daemon.wait_for_event("hook_failed");
    CHECK(daemon.process().errors().find('\x1b') == std::string::npos);
    auto const output = records(daemon, "hook_output");
    REQUIRE(output.size() == 3);
    CHECK(output[0].field("line").find("[31mred") != std::string::npos);
    CHECK(output[1].field("line") == "event=cycle_failed");
    CHECK(output[2].field("line") == "end");
    CHECK(records(daemon, "hook_failed").front().field("status") == "3");
    change_user(nth_user(0).key, 4711);
    notify();
    daemon.wait_for_event("hook_failed", 2);
    CHECK(daemon.count("cycle_failed") == 0);
    CHECK(db.pending() == 0);
}

TEST_CASE_METHOD(hook_fixture, "after_publish: a flood of output is cut and counted", "[daemon][db]") {
    use("yes | head -n 100000");
    daemon_process daemon{root.path(), settings};
    daemon.wait_for_event("hook_finished");
    CHECK(daemon.count("hook_output") == 200);
    CHECK(records(daemon, "hook_finished").front().field("lines_dropped") == "99800");
}

TEST_CASE_METHOD(hook_fixture, "after_publish: SIGHUP takes it over", "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    use("echo $OSM_NOTES_GENERATION >> " + at("runs"));
    settings.write(daemon.config_file());
    daemon.process().signal(SIGHUP);
    daemon.wait_for_event("cycle_finished", 3);
    publish(daemon, 4711);
    daemon.wait_for_event("hook_finished");
    CHECK(text("runs") == "2\n");
    CHECK(daemon.count("restart_needed") == 0);
}

TEST_CASE_METHOD(hook_fixture, "status: without a daemon it tells of a command that is owed", "[daemon][db]") {
    use("exit $(cat " + at("status") + ")");
    std::ofstream{root / "status"} << 7;
    run_command({"once"});
    CHECK(contains(run_command({"status"}).output, "\nHook       owed for generation 1: "));
    CHECK(contains(run_command({"status", "--json"}).output, "\"hook_owed\":1,"));
    std::ofstream{root / "status"} << 0;
    run_command({"once"});
    CHECK_FALSE(contains(run_command({"status"}).output, "Hook "));
    CHECK(contains(run_command({"status", "--json"}).output, "\"hook_owed\":null,"));
}

TEST_CASE_METHOD(hook_fixture, "once: runs after_publish when it published something, and waits for it",
                 "[daemon][db]") {
    use("echo $OSM_NOTES_GENERATION >> " + at("runs") + "; echo done; exit 7");
    auto const first = run_command({"once"});
    CHECK(first.status == 0);
    CHECK(first.errors.find("hook_failed") != std::string::npos);
    CHECK(first.errors.find("\"status\":7") != std::string::npos);
    CHECK(run_command({"once"}).status == 0); // publishes nothing, and makes up for it
    CHECK(text("runs") == "1\n1\n");
    use("echo $OSM_NOTES_GENERATION >> " + at("runs"));
    run_command({"once"});
    run_command({"once"}); // nothing is owed any more
    CHECK(text("runs") == "1\n1\n1\n");
}

TEST_CASE_METHOD(hook_fixture, "once: runs no after_publish while somebody else holds the tree", "[daemon][db]") {
    use("echo $PPID >> " + at("runs") + "; until [ -e " + at("go") + " ]; do sleep 0.02; done");
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    daemon.wait_for("a command that runs", [&] { return !text("runs").empty(); });
    CHECK(run_command({"once"}).status == 75);
    std::ofstream{root / "go"};
    daemon.wait_for_event("hook_finished");
    CHECK(text("runs") == std::to_string(daemon.process().pid()) + '\n');
}

TEST_CASE_METHOD(hook_fixture, "after_publish: one that takes longer than [hooks] timeout is ended, and repeated",
                 "[daemon][db]") {
    use("echo x >> " + at("runs") + "; test $(wc -l < " + at("runs") + ") -gt 1 || exec sleep 1000\ntimeout = 1s");
    daemon_process daemon{root.path(), settings};
    daemon.wait_for_event("hook_finished");
    auto const failed = records(daemon, "hook_failed");
    REQUIRE(failed.size() == 1);
    CHECK(failed.front().field("timed_out") == "true");
    CHECK(failed.front().field("error") == "did not end within [hooks] timeout, 1 s");
    CHECK(records(daemon, "hook_finished").front().field("generation") == "1");
}

TEST_CASE_METHOD(hook_fixture,
                 "after_publish: a daemon that was killed is made up for by the next one, without a database",
                 "[daemon][db]") {
    use("echo $OSM_NOTES_GENERATION $OSM_NOTES_FILES_WRITTEN >> " + at("runs") + "; until [ -e " + at("go") +
        " ]; do sleep 0.02; done");
    {
        daemon_process daemon{root.path(), settings};
        daemon.wait_settled();
        daemon.wait_for("a command that runs", [&] { return !text("runs").empty(); });
        daemon.process().signal(SIGKILL);
        daemon.process().wait_exit();
    }
    std::ofstream{root / "go"};
    settings.conninfo = "host=/nonexistent";
    daemon_process daemon{root.path(), settings};
    daemon.wait_for_event("hook_finished");
    CHECK(text("runs") == "1 41\n1 41\n");
}

TEST_CASE_METHOD(hook_fixture, "once: SIGTERM ends after_publish too", "[daemon][db]") {
    use("echo $$ > " + at("pid") + "; sleep 1000");
    settings.write(root / "once.conf");
    child_process once{root / "once", {"once", "--config", at("once.conf")}};
    REQUIRE(wait_until([&] { return std::filesystem::exists(root / "pid") && !text("pid").empty(); }));
    once.signal(SIGTERM);
    CHECK(once.wait_exit(4s) == 0);
    CHECK(gone("pid"));
}

TEST_CASE_METHOD(hook_fixture, "after_publish: a standby makes up for the one that died, and runs nothing before that",
                 "[daemon][db]") {
    use("echo $OSM_NOTES_DIRECTORY >> " + at("runs") + "; until [ -e " + at("go") + " ]; do sleep 0.02; done");
    auto other = settings;
    other.directory = root / "other";
    other.more = "[hooks]\nafter_publish = echo owed >> " + at("runs") + "; exit 1\n";
    {
        daemon_process earlier{root.path(), other};
        earlier.wait_for_event("hook_failed");
        CHECK(earlier.stop() == 0);
    }
    auto const before = text("runs");
    daemon_process first{root.path(), settings};
    first.wait_for("a command that runs", [&] { return text("runs") != before; });
    settings.standby = other.standby = "true";
    daemon_process second{root.path(), settings};
    daemon_process third{root.path(), other}; // of another host: its tree is an old one, and its own
    second.wait_for_event("standby");
    third.wait_for_event("standby");
    first.process().signal(SIGKILL);
    std::ofstream{root / "go"};
    second.wait_for("the end of a wait", [&] { return second.count("took_over") + third.count("took_over") == 1; });
    if (second.count("took_over") == 1) {
        second.wait_for_event("hook_finished");
        CHECK(text("runs") == before + tree().string() + '\n' + tree().string() + '\n');
        CHECK(third.count("hook_failed") == 0);
    } else {
        third.wait_for_event("hook_failed");
        CHECK(text("runs") == before + tree().string() + "\nowed\n");
    }
}

} // namespace test
