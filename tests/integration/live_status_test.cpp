// What `status` says, and how it ends, beside a daemon that is well, one that is not, and none.
#include "support/catch.hpp"
#include "support/daemon_fixture.hpp"
#include "support/line_of.hpp"
#include "support/parsed_json.hpp"
#include "support/thrown_message.hpp"

#include <rapidjson/document.h>

#include <csignal>
#include <sys/stat.h>

namespace test {

namespace {

struct status_fixture : daemon_fixture {
    std::filesystem::path const socket = root / "status.sock";

    result status() { return run_command({"status"}); }
    rapidjson::Document status_json() { return parsed(run_command({"status", "--json"}).output); }
    /// Asks until it ends so; what the daemon tells may be a second old.
    result status_becomes(int code, std::string const& text) {
        result last{};
        wait_until([&] {
            last = status();
            return last.status == code && contains(last.output, text);
        });
        return last;
    }
    void as_exporter_role() { settings.conninfo += " user=osm_notes_exporter"; }
    void admit(std::string const& whom) {
        db.exec("UPDATE pg_database SET datallowconn = " + whom + " WHERE datname = current_database()");
        db.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid()");
    }
};

} // namespace

TEST_CASE_METHOD(status_fixture, "status: beside a daemon that is well it exits 0 and shows what that one knows",
                 "[live][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const r = status_becomes(0, "Up to date");
    CHECK(r.status == 0);
    CHECK(contains(line_of(r.output, "Daemon"), "process " + std::to_string(daemon.process().pid())));
    CHECK(line_of(r.output, "Cycle") == "Cycle      none running");
    CHECK(contains(line_of(r.output, "Listener"), "live; proven 2"));
    CHECK(line_of(r.output, "Guard") == "Guard      holds nothing back");
    CHECK(line_of(r.output, "Quarantine") == "Quarantine none");
    CHECK(line_of(r.output, "Last error") == "Last error none since the start");
    CHECK(contains(line_of(r.output, "users "), "30 rows, 0 pending, 0 quarantined"));
    auto const d = status_json();
    CHECK(d["state"] == "well");
    CHECK(d["exit_code"].GetInt() == 0);
    CHECK(d["daemon"]["directory"].GetString() == tree().string());
    CHECK(d["daemon"]["generation"].GetInt() == 1);
}

TEST_CASE_METHOD(status_fixture, "status: the socket is for the daemon's user and group", "[live][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    struct stat info {};
    REQUIRE(::lstat(socket.c_str(), &info) == 0);
    CHECK(S_ISSOCK(info.st_mode));
    CHECK((info.st_mode & 0777) == 0660);
    CHECK(daemon.stop() == 0);
    CHECK_FALSE(std::filesystem::exists(socket));
}

TEST_CASE_METHOD(status_fixture, "status: a daemon that was killed is down, and the next one takes its socket",
                 "[live][db]") {
    {
        daemon_process daemon{root.path(), settings};
        daemon.wait_settled();
    }
    REQUIRE(std::filesystem::exists(socket));
    auto const r = status();
    CHECK(r.status == 2);
    CHECK(contains(line_of(r.output, "Daemon"), "not running"));
    CHECK(contains(line_of(r.output, "Published"), "generation 1"));
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    CHECK(status_becomes(0, "Up to date").status == 0);
}

TEST_CASE_METHOD(status_fixture, "status: with neither daemon nor database the facts of the tree remain",
                 "[live][db]") {
    run_command({"once"});
    settings.conninfo = "host=" + root.path().string() + " user=nobody dbname=none";
    auto const r = status();
    CHECK(r.status == 2);
    CHECK(r.errors.empty());
    CHECK(contains(line_of(r.output, "Published"), "generation 1"));
    CHECK(contains(line_of(r.output, "Database"), "cannot be asked: connect ("));
    auto const d = status_json();
    CHECK(d["state"] == "down");
    CHECK(d["generation"].GetInt() == 1);
    CHECK_FALSE(std::string{d["export_date"].GetString()}.empty());
    CHECK(d["holder"] == "");
    CHECK(d["daemon"].IsNull());
    CHECK(contains(d["database_problem"].GetString(), "connect ("));
}

TEST_CASE_METHOD(status_fixture, "status: while the database is down the daemon's word is there, and the exit is 1",
                 "[live][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    admit("false");
    auto const r = status_becomes(1, "failing since 2");
    CHECK(r.status == 1);
    CHECK(contains(line_of(r.output, "Last error"), "failing since 2"));
    CHECK(contains(line_of(r.output, "Listener"), "polling instead: connection: "));
    auto const d = status_json();
    CHECK(d["state"] == "failing");
    CHECK(contains(d["holder"].GetString(), "process " + std::to_string(daemon.process().pid())));
    CHECK(d["generation"].GetInt() == 1);
    admit("true");
    CHECK(contains(line_of(status_becomes(0, ", over: ").output, "Last error"), ", over: "));
}

TEST_CASE_METHOD(status_fixture, "status: a right that is missing is a failure with its remedy, and has its run",
                 "[live][db]") {
    as_exporter_role();
    notify_socket const systemd{root / "notify"};
    daemon_process daemon{root.path(), settings, systemd.environment()};
    daemon.wait_settled();
    db.exec("REVOKE UPDATE (json_exported) ON dwh.datamartusers FROM osm_notes_exporter");
    change_user(nth_user(1).key, 4711);
    notify();
    auto const r = status_becomes(1, "permission denied");
    CHECK(r.status == 1);
    CHECK(contains(line_of(r.output, "Daemon"), "Failing"));
    CHECK(contains(line_of(r.output, "Last error"), "run sql/install.sql as the owner of the tables"));
    CHECK(wait_until([&] {
        return db.value("SELECT error FROM dwh.json_export_runs WHERE result = 'failure' LIMIT 1")
                   .find("permission denied") != std::string::npos;
    }));
    CHECK(systemd.wait_for("STATUS=Failing since 2"));
    db.exec("GRANT UPDATE (json_exported) ON dwh.datamartusers TO osm_notes_exporter");
    CHECK(status_becomes(0, "Up to date").status == 0);
    CHECK(db.pending() == 0);
}

TEST_CASE_METHOD(status_fixture, "status: what the shrink guard holds is not up to date", "[live][db]") {
    notify_socket const systemd{root / "notify"};
    daemon_process daemon{root.path(), settings, systemd.environment()};
    daemon.wait_settled();
    db.exec("DELETE FROM dwh.datamartusers WHERE user_id IN"
            " (SELECT user_id FROM dwh.datamartusers WHERE user_id >= 1 ORDER BY user_id LIMIT 12)");
    notify();
    auto const r = status_becomes(1, "Held back");
    CHECK(r.status == 1);
    CHECK(line_of(r.output, "Guard") == "Guard      holds back 12 of 30 users");
    CHECK(systemd.wait_for("STATUS=Held back: removals held back by the shrink guard: 12 of 30 users"));
}

TEST_CASE_METHOD(status_fixture, "status: a daemon of another tree is not this one's", "[live][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    settings.directory = root / "other";
    auto const r = status();
    CHECK(r.status == 2);
    CHECK(contains(line_of(r.output, "Daemon"), "publishes another tree, " + tree().string()));
}

TEST_CASE_METHOD(status_fixture, "status: a daemon that cannot have its socket exports all the same", "[live][db]") {
    std::filesystem::create_directory(socket);
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    CHECK(daemon.count("status_not_served") == 1);
    CHECK(verify().clean());
    auto const r = status();
    CHECK(r.status == 0); // somebody holds the tree, and the last run was good
    std::filesystem::remove(socket);
    daemon.wait_for_event("status_served");
    CHECK(status_becomes(0, "Up to date").status == 0);
}

TEST_CASE_METHOD(status_fixture, "status --watch: shows it again and again, and ends with Ctrl-C at once",
                 "[live][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    settings.write(root / "watch.conf");
    child_process watch{root / "watch", {"status", "--watch", "--config", (root / "watch.conf").string()}};
    auto const blocks = [&] {
        std::size_t n = 0;
        auto const text = watch.output();
        for (auto at = text.find("Daemon     "); at != std::string::npos; at = text.find("Daemon     ", at + 1))
            ++n;
        return n;
    };
    CHECK(wait_until([&] { return blocks() >= 3; }));
    watch.signal(SIGINT);
    CHECK(watch.wait_exit(milliseconds{2000}) == -SIGINT);
    CHECK_FALSE(contains(watch.output(), "\x1b"));
    CHECK(contains(watch.output(), "Listener"));
}

TEST_CASE_METHOD(status_fixture, "daemon: a lost trigger is told once, with what to do, and so is its return",
                 "[live][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    CHECK(daemon.count("install_incomplete") == 0);
    db.exec("ALTER TABLE dwh.datamartusers DISABLE TRIGGER json_export_changed");
    serve(daemon);
    serve(daemon);
    CHECK(daemon.count("install_incomplete") == 1);
    for (auto const& record : daemon.log())
        if (record.event == "install_incomplete") {
            CHECK(record.field("level") == "warning");
            CHECK(contains(record.field("missing"), "json_export_changed (disabled) on dwh.datamartusers"));
            CHECK(contains(record.message, "run install.sql again"));
        }
    CHECK(contains(status_becomes(0, "with remarks").output, "1 part of install.sql missing or switched off"));
    db.exec("ALTER TABLE dwh.datamartusers ENABLE ALWAYS TRIGGER json_export_changed");
    serve(daemon);
    daemon.wait_for_event("install_complete");
    CHECK(contains(run_command({"status"}).output, "Daemon"));
}

TEST_CASE_METHOD(status_fixture, "daemon: cycles that find nothing are told when asked for, else not every time",
                 "[live][db]") {
    settings.log_level = "info";
    settings.poll_interval = "1s";
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const attempts = [&] { return std::string{status_json()["daemon"]["last_attempt_at"].GetString()}; };
    auto const before = daemon.cycles();
    for (int i = 0; i < 2; ++i) // polls come and go
        CHECK(wait_until([&, first = attempts()] { return attempts() != first; }));
    CHECK(daemon.cycles() == before);
    daemon.process().signal(SIGUSR1);
    CHECK(wait_until([&] { return daemon.cycles() > before; }));
}

TEST_CASE_METHOD(status_fixture, "daemon: a start that nothing but a change can mend ends with 78 and says what",
                 "[live][db]") {
    run_command({"once"});
    std::string told;
    SECTION("a symbolic link in the tree") {
        std::filesystem::rename(tree() / "users", root / "users");
        std::filesystem::create_directory_symlink(root / "users", tree() / "users");
        told = "a symbolic link is in its place, and none is followed inside the tree";
    }
    SECTION("a file in the place of a directory") {
        std::filesystem::rename(tree() / "users", root / "users");
        std::ofstream{tree() / "users"} << "x";
        told = "something that is no directory is in its place";
    }
    daemon_process daemon{root.path(), settings};
    CHECK(daemon.process().wait_exit() == 78);
    CHECK(contains(daemon.process().errors(), told));
}

TEST_CASE_METHOD(status_fixture, "daemon: a log file that cannot be opened ends the start with 78", "[live][db]") {
    settings.write(root / "daemon.conf");
    auto const log = (root / "absent/log").string();
    child_process daemon{root / "daemon",
                         {"run", "--config", (root / "daemon.conf").string(), "--set", "log.file=" + log}};
    CHECK(daemon.wait_exit() == 78);
    CHECK(contains(daemon.errors(), "cannot open log file " + log));
}

} // namespace test
