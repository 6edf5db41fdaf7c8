// The commands beside the daemon: what they print, what they change, how they end.
#include "support/catch.hpp"
#include "support/daemon_fixture.hpp"
#include "support/line_of.hpp"
#include "support/thrown_message.hpp"

#include "setup/program.hpp"

#include <csignal>
#include <cstdlib>
#include <rapidjson/document.h>
#include <regex>
#include <sys/wait.h>

namespace test {

namespace {

std::string nowhere(std::filesystem::path const& directory) {
    return "host=" + directory.string() + " user=postgres dbname=absent";
}

} // namespace

TEST_CASE_METHOD(daemon_fixture, "once: publishes what is pending and exits 0", "[daemon][db]") {
    auto const first = run_command({"once"});
    CHECK(first.status == 0);
    CHECK(line_of(first.output, "users: ") ==
          "users: 30 exported, 0 unchanged, 0 removed, 0 quarantined, 30 rows marked");
    CHECK(verify().clean());
    auto const u = nth_user(1);
    change_user(u.key, 4711);
    CHECK(run_command({"once"}).status == 0);
    CHECK(contains(file(u.path), "\"history_whole_open\":4711,"));
    CHECK(db.pending() == 0);
}

TEST_CASE_METHOD(daemon_fixture, "once: an index above index_max_size is named, and status names it", "[daemon][db]") {
    auto const first = run_command({"once", "--set", "export.index_max_size=2kB"});
    CHECK(first.status == 0);
    CHECK(contains(line_of(first.output, "warning: indexes/users.json would have "), "index_max_size is 2000"));
    CHECK(contains(line_of(run_command({"status"}).output, "Too large"), "indexes/users.json"));
    CHECK(contains(run_command({"status", "--json"}).output, R"("refused_indexes":[{"dataset":"users")"));
    CHECK(run_command({"once"}).status == 0);
    CHECK(line_of(run_command({"status"}).output, "Too large").empty());
}

TEST_CASE_METHOD(daemon_fixture, "once --full: mends a file and touches no other", "[daemon][db]") {
    run_command({"once"});
    auto before = files();
    auto const u = nth_user(1);
    std::filesystem::remove(tree() / u.path);
    CHECK(run_command({"once", "--full"}).status == 0);
    auto after = files();
    CHECK(after.contains(u.path));
    for (auto const& path : {u.path, std::string{"metadata.json"}}) {
        before.erase(path);
        after.erase(path);
    }
    CHECK(after == before);
}

TEST_CASE_METHOD(daemon_fixture, "once --full --force: lets everything go that the shrink guard holds",
                 "[daemon][db]") {
    run_command({"once"});
    auto const before = files();
    db.exec("TRUNCATE dwh.datamartusers");
    for (auto const& arguments : std::vector<std::vector<std::string>>{{"once"}, {"once", "--full"}}) {
        auto const held = run_command(arguments);
        CHECK(held.status == 0);
        CHECK(contains(held.output, "warning: shrink guard: 30 of 30 users are gone from the database"));
        CHECK(files() == before);
    }
    auto const forced = run_command({"once", "--full", "--force"});
    CHECK(forced.status == 0);
    CHECK(line_of(forced.output, "users: ") ==
          "users: 0 exported, 0 unchanged, 30 removed, 0 quarantined, 0 rows marked");
    CHECK(file("indexes/users.json") == "[]\n");
    CHECK(run_command({"verify"}).status == 0);
}

TEST_CASE_METHOD(daemon_fixture, "once: exits 75 beside a running daemon and names it", "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const r = run_command({"once"});
    CHECK(r.status == 75);
    CHECK(contains(r.errors, "in use by process " + std::to_string(daemon.process().pid()) + " on "));
}

TEST_CASE_METHOD(daemon_fixture, "commands: exit 69 when the database is not there, verify 3", "[daemon][db]") {
    run_command({"once"});
    auto const before = files();
    settings.conninfo = nowhere(root.path());
    for (std::string const name : {"once", "verify"}) {
        INFO(name);
        auto const r = run_command({name});
        CHECK(r.status == (name == "verify" ? 3 : 69));
        CHECK(r.output.empty());
        CHECK(r.errors.starts_with("osm-notes-exportd: connect ("));
    }
    CHECK(files() == before);
}

TEST_CASE_METHOD(daemon_fixture, "once: a failure is recorded too", "[daemon][db]") {
    run_command({"once"});
    db.exec("UPDATE dwh.datamartusers SET history_whole_closed = -1 WHERE dimension_user_id = " +
            std::to_string(nth_user(0).key));
    auto const r = run_command({"once", "--set", "export.validation=strict"});
    CHECK(r.status != 0);
    CHECK(db.value("SELECT concat_ws(' ', mode, result, error LIKE '%does not fit%') FROM dwh.json_export_runs"
                   " ORDER BY run_id DESC LIMIT 1") == "incremental failure t");
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // they need address space beyond any limit
TEST_CASE_METHOD(daemon_fixture, "once: a row that does not fit into memory is quarantined, all others go on",
                 "[daemon][db]") {
    run_command({"once"});
    db.exec(
        "UPDATE dwh.datamartusers SET hashtags = json_build_array(repeat('x', 100000000)) WHERE dimension_user_id = " +
        std::to_string(nth_user(3).key));
    for (int const n : {0, 1, 2})
        change_user(nth_user(n).key, 4711);
    auto const config = root / "small.conf";
    settings.write(config);
    // Each arena of malloc takes address space, and how many there are is a matter of chance. Without the row 150 MB
    // are enough, and with it 400 MB are not.
    auto const command = "MALLOC_ARENA_MAX=1 prlimit --as=300000000 " EXPORTD_BINARY " once --config " +
                         config.string() + " > " + (root / "said").string() + " 2>&1";
    CHECK(std::system(command.c_str()) == 0);
    auto const said = read_file(root / "said");
    INFO(said);
    auto const quarantined = line_of(said, "quarantined users " + std::to_string(nth_user(3).id) + ": unreadable at ");
    CHECK((contains(quarantined, "not enough memory for the row") || contains(quarantined, "out of memory")));
    CHECK(contains(said, "users: 3 exported"));
    CHECK(db.pending() == 1);
}
#endif

TEST_CASE_METHOD(daemon_fixture, "status --json: counts rows and pending rows and names the holder", "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    change_user(nth_user(0).key, 1);
    change_user(nth_user(1).key, 1);
    auto const r = run_command({"status", "--json"});
    CHECK(r.status == 0);
    rapidjson::Document d;
    d.Parse(r.output.c_str());
    REQUIRE_FALSE(d.HasParseError());
    CHECK(d["installed"].GetBool());
    CHECK(contains(d["holder"].GetString(), "process " + std::to_string(daemon.process().pid())));
    CHECK(d["generation"].GetInt64() == 1);
    auto const& users = d["datasets"][0];
    CHECK(users["name"] == "users");
    CHECK(users["rows"].GetInt64() == 30);
    CHECK(users["pending"].GetInt64() == 2);
    CHECK(d["datasets"][1]["pending"].GetInt64() == 0);
    REQUIRE(d["runs"].Size() == 1);
    CHECK(d["runs"][0]["mode"] == "full");
    CHECK(d["runs"][0]["exported"].GetInt64() == 36);
}

TEST_CASE_METHOD(daemon_fixture, "status: a quarantined row is not pending until it changes, as the status page counts",
                 "[daemon][db]") {
    run_command({"once"});
    auto const set = [this](std::string const& assignment, int n) {
        db.exec("UPDATE dwh.datamartusers SET " + assignment +
                " WHERE dimension_user_id = " + std::to_string(nth_user(n).key));
    };
    set("username = NULL", 2);
    run_command({"once"});
    set("history_whole_open = 4711", 3);
    CHECK(line_of(run_command({"status"}).output, "users ") == "users      30 rows, 1 pending, 1 quarantined");
    set("username = ''", 2);
    CHECK(line_of(run_command({"status"}).output, "users ") == "users      30 rows, 2 pending, 1 quarantined");
}

TEST_CASE_METHOD(daemon_fixture, "status: a row that no file is made of is not pending, as in json_export_status",
                 "[daemon][db]") {
    run_command({"once"});
    db.exec("UPDATE dwh.datamartusers SET user_id = 0 WHERE dimension_user_id = " + std::to_string(nth_user(2).key));
    REQUIRE(db.pending() == 1);
    CHECK(line_of(run_command({"status"}).output, "users ") == "users      29 rows, 0 pending, 0 quarantined");
    CHECK(db.number("SELECT pending FROM dwh.json_export_status WHERE dataset = 'users'") == 0);
}

TEST_CASE_METHOD(daemon_fixture, "status: tells when the last success was, and what fails since", "[daemon][db]") {
    auto r = run_command({"status"});
    CHECK(line_of(r.output, "Success").empty()); // nothing ran yet
    run_command({"once"});
    db.exec("UPDATE dwh.json_export_runs SET started_at = now() - interval '2 hours 5 minutes',"
            " finished_at = now() - interval '2 hours 5 minutes'");
    r = run_command({"status"});
    CHECK(contains(line_of(r.output, "Success"), "Z, 2 h 5 min ago"));
    CHECK(line_of(r.output, "Failing").empty());
    db.exec("INSERT INTO dwh.json_export_runs (started_at, finished_at, mode, reason, result, error, duration_ms, host,"
            " pid, version) VALUES (now(), now(), 'full', 'start', 'failure', E'disk\\x1b full', 1, 'h', 1, '1')");
    r = run_command({"status"});
    CHECK(contains(line_of(r.output, "Success"), "Z, 2 h 5 min ago"));
    CHECK(contains(line_of(r.output, "Failing"), "Z: disk\\x1b full"));
    r = run_command({"status", "--json"});
    rapidjson::Document d;
    d.Parse(r.output.c_str());
    REQUIRE_FALSE(d.HasParseError());
    CHECK(d["last_success_age_seconds"].GetInt64() / 100 == 75);
    CHECK(d["last_success"].GetString() ==
          db.value("SELECT to_char(last_success_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
                   " FROM dwh.json_export_status LIMIT 1"));
}

TEST_CASE_METHOD(daemon_fixture, "status: rows of json_export_runs that somebody edited are shown as far as they go",
                 "[daemon][db]") {
    run_command({"once"});
    db.exec("DO $$ DECLARE c text; BEGIN FOR c IN SELECT attname FROM pg_attribute WHERE attnotnull AND attnum > 1"
            " AND attrelid = 'dwh.json_export_runs'::regclass"
            " LOOP EXECUTE format('ALTER TABLE dwh.json_export_runs ALTER %I DROP NOT NULL', c); END LOOP; END $$;"
            "INSERT INTO dwh.json_export_runs (started_at, finished_at, result, duration_ms, users_exported,"
            " countries_exported, files_written, bytes_written)"
            " SELECT t, t, 'success', d, 2147483647, 2147483647, n, -1 FROM"
            " unnest('{infinity,-infinity,now,NULL,now,now,now}'::timestamptz[],"
            "        '{1,NULL,NaN,Infinity,-Infinity,1e-310,1.7e308}'::float8[],"
            "        '{1,NULL,-5,1,1,1,1}'::int[]) AS odd (t, d, n)");
    auto r = run_command({"status"});
    CHECK(r.status == 2);
    CHECK(r.errors.empty());
    CHECK(contains(line_of(r.output, "Success"), " ago"));
    r = run_command({"status", "--json"});
    CHECK(r.status == 2);
    rapidjson::Document d;
    d.Parse(r.output.c_str());
    REQUIRE_FALSE(d.HasParseError());
    REQUIRE(d["runs"].Size() == 8);
    for (auto const& run : d["runs"].GetArray())
        CHECK(run["duration_ms"].GetDouble() >= 0);
    CHECK(d["runs"][0]["exported"].GetInt64() == 4'294'967'294);
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    CHECK(daemon.count("statistics_lost") == 0);
}

TEST_CASE_METHOD(daemon_fixture, "check-config: exits 0 for a good configuration and names its file", "[daemon][db]") {
    auto const r = run_command({"check-config"});
    CHECK(r.status == 0);
    CHECK(std::regex_match(r.output, std::regex{"configuration is valid: .*\\.conf\n"}));
    CHECK_FALSE(std::filesystem::exists(tree())); // it only looks
}

TEST_CASE_METHOD(daemon_fixture, "check-config: reports all mistakes at once, with file and line, and exits 78",
                 "[daemon][db]") {
    settings.debounce = "soon";
    settings.poll_interval = "1";
    auto const r = run_command({"check-config"});
    CHECK(r.status == 78);
    CHECK(r.output.empty());
    CHECK(std::regex_match(
        r.errors, std::regex{"/[^:]*\\.conf:" + settings.line_of("debounce") +
                             ": \\[schedule\\] debounce: [^\n]*\n/[^:]*\\.conf:" + settings.line_of("poll_interval") +
                             ": \\[schedule\\] poll_interval: [^\n]*\n"}));
}

TEST_CASE_METHOD(daemon_fixture, "commands: an unknown option exits 64 and touches nothing", "[daemon][db]") {
    auto const r = run_command({"once", "--fulll"});
    CHECK(r.status == 64);
    CHECK(contains(r.errors, "unknown option \"--fulll\""));
    CHECK_FALSE(std::filesystem::exists(tree()));
}

TEST_CASE_METHOD(daemon_fixture, "commands: an unusable schema_dir exits 78 before anything is published",
                 "[daemon][db]") {
    settings.schema_dir = root / "no_schemas";
    SECTION("the directory does not exist") {}
    SECTION("a schema holds a keyword that is not checked") {
        std::filesystem::copy(EXPORTD_SOURCE_DIR "/conf/schemas", settings.schema_dir);
        std::ofstream{settings.schema_dir / "user-profile.schema.json"} << R"({"type": "object", "const": {}})";
    }
    for (std::string const name : {"run", "once", "check-config"}) {
        INFO(name);
        auto const r = run_command({name});
        CHECK(r.status == 78);
        CHECK(contains(r.errors, "no_schemas"));
    }
    CHECK_FALSE(has("metadata.json"));
}

TEST_CASE_METHOD(daemon_fixture, "commands: a password is shown by nobody, whatever fails", "[daemon][db]") {
    auto const secret = std::string{"s3cret"};
    auto const good = db.conninfo() + " password=" + secret;
    std::string shown;
    auto const run = [&](std::string const& conninfo, std::vector<std::string> const& arguments, int status) {
        settings.conninfo = conninfo;
        auto const r = run_command(arguments);
        INFO(arguments.front() << " with " << conninfo << ": " << r.output << r.errors);
        CHECK(r.status == status);
        shown += r.output + r.errors;
    };
    run(good, {"once"}, 0);
    run(good, {"verify"}, 0);
    run(good, {"status"}, 2);
    run(good, {"status", "--json"}, 2);
    run(good, {"check-config"}, 0);
    run(good + "_absent dbname=absent", {"once"}, 69);
    run(nowhere(root.path()) + " password=" + secret, {"verify"}, 3);
    run(good + " bogus", {"check-config"}, 78);
    run("postgresql://postgres:" + secret + "@:port/x", {"once"}, 78);
    run(good + " sslmode=" + secret, {"once"}, 78);
    run("postgresql://postgres:" + secret + "@[/x", {"once"}, 78);
    run(good, {"once", "--set", "database.conninfo=password=" + secret + " x"}, 78);
    run(good, {"once", "--set", "password=" + secret}, 78);
    run(good, {"once", "password=" + secret}, 64);
    run(good, {"once", "--password=" + secret}, 64);
    CHECK_FALSE(contains(shown, secret));
}

TEST_CASE_METHOD(daemon_fixture, "daemon: a password is in none of its records", "[daemon][db]") {
    auto const secret = std::string{"s3cret"};
    settings.conninfo += " password=" + secret;
    notify_socket const systemd{root / "notify"};
    daemon_process daemon{root.path(), settings, systemd.environment()};
    daemon.wait_settled();
    settings.conninfo += " bogus";
    settings.write(daemon.config_file());
    daemon.process().signal(SIGHUP);
    daemon.wait_for_event("reload_failed");
    settings.conninfo = nowhere(root.path()) + " password=" + secret;
    settings.write(daemon.config_file());
    daemon.process().signal(SIGHUP);
    daemon.wait_for_event("restart_needed");
    db.exec("ALTER TABLE dwh.datamartusers RENAME TO hidden");
    daemon.process().signal(SIGUSR1);
    daemon.wait_for_event("cycle_failed");
    daemon.stop();

    daemon_process lonely{root.path(), settings, systemd.environment()};
    lonely.wait_for_event("cycle_failed");
    lonely.wait_for_event("listener_lost");
    lonely.stop();
    std::string shown = daemon.process().errors() + lonely.process().errors();
    for (auto const& line : systemd.received())
        shown += line;
    shown += db.psql("SELECT * FROM dwh.json_export_runs");
    CHECK(contains(shown, "cycle_failed"));
    CHECK_FALSE(contains(shown, secret));
}

TEST_CASE_METHOD(daemon_fixture, "commands: JSON_OUTPUT_DIR from a directory that is gone is a mistake like others",
                 "[daemon][db]") {
    auto const in_gone = "mkdir " + (root / "gone").string() + " && cd " + (root / "gone").string() + " && rmdir " +
                         (root / "gone").string() + " && exec \"$@\"";
    auto const asked = [&](std::string const& directory) {
        return exportd::run_program({{"/usr/bin/env", "JSON_OUTPUT_DIR=" + directory, "/bin/sh", "-c", in_gone, "sh",
                                      EXPORTD_BINARY, "check-config", "--config", "/dev/null"}});
    };
    auto const relative = asked("./json");
    CHECK(relative.status == 78);
    CHECK(contains(relative.errors, "environment JSON_OUTPUT_DIR: \"./json\" is relative, and the current directory "
                                    "cannot be told: No such file or directory"));
    CHECK_FALSE(contains(asked("/srv/json").errors, "JSON_OUTPUT_DIR"));
}

} // namespace test
