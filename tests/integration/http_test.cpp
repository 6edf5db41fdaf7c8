// What the daemon tells of itself over HTTP.
#include "support/catch.hpp"
#include "support/parsed_json.hpp"
#include "support/served_daemon.hpp"
#include "support/stopped_thread.hpp"
#include "support/thrown_message.hpp"

#include <rapidjson/document.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <sys/stat.h>

namespace test {

namespace {

using namespace std::chrono_literals;

struct socket_fixture : served_fixture {
    socket_fixture() { settings.http_listen = "unix:" + path.string(); }
    std::filesystem::path const path = root / "http.sock";

    struct stat info() const {
        struct stat found {};
        if (::lstat(path.c_str(), &found) != 0)
            throw std::runtime_error{"no " + path.string()};
        return found;
    }
};

} // namespace

TEST_CASE_METHOD(daemon_fixture, "http: off by default", "[http][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    CHECK(daemon.count("serving") == 0);
}

TEST_CASE_METHOD(served_fixture, "http: the metrics tell how far the running cycle is", "[http][db]") {
    start_settled();
    CHECK(becomes("cycle_rows", 0));
    publication_hold hold{tree()};
    change_user(nth_user(3).key, 4711);
    change_user(nth_user(4).key, 4711);
    notify();
    CHECK(becomes("cycle_rows", 2));
    CHECK(becomes("cycle_rows_done", 2));
    hold.release();
    CHECK(becomes("cycle_rows", 0));
    CHECK(becomes("cycle_rows_done", 0));
}

TEST_CASE_METHOD(served_fixture, "http: the metrics of a published tree", "[http][db]") {
    start_settled();
    REQUIRE(becomes("published_files{kind=\"users\"}", 30));
    auto const reply = get("/metrics");
    CHECK(reply.field("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
    auto const value = [&](std::string const& series) { return metric_in(reply.body, series).value_or(-1); };
    CHECK(value("build_info{version=\"" EXPORTD_VERSION "\"}") == 1);
    CHECK(value("published_files{kind=\"countries\"}") == 6);
    CHECK(value("rows_exported_total{dataset=\"users\"}") == 30);
    CHECK(value("files_total{action=\"written\"}") == 30 + 6 + 2 + 2 + 1);
    CHECK(value("cycles_total{mode=\"full\",result=\"success\"}") == 1);
    CHECK(value("cycles_total{mode=\"incremental\",result=\"failure\"}") == 0);
    CHECK(value("listener_state{state=\"live\"}") == 1);
    CHECK(value("published_generation") == 1);
    CHECK(value("pending_rows{dataset=\"users\"}") == 0);
    CHECK(value("oldest_pending_age_seconds{dataset=\"users\"}") == 0);
    CHECK(value("index_size_bytes{index=\"users\"}") ==
          static_cast<double>(std::filesystem::file_size(tree() / "indexes/users.json")));
    CHECK(value("filesystem_avail_bytes") > 0);
    CHECK(value("cycle_phase_duration_seconds_count{phase=\"publish\"}") == 1);
    auto const now = std::chrono::duration<double>{std::chrono::system_clock::now().time_since_epoch()}.count();
    CHECK(std::abs(now - value("last_success_timestamp_seconds{mode=\"full\"}")) < 60);
    CHECK(std::abs(now - value("listener_verified_timestamp_seconds")) < 60);
}

TEST_CASE_METHOD(served_fixture, "http: a change raises the counters", "[http][db]") {
    start_settled();
    change_user(nth_user(7).key, 4711);
    run_cycle(*daemon);
    CHECK(becomes("rows_exported_total{dataset=\"users\"}", 31));
    CHECK(metric("notifications_received_total") == 1);
    CHECK(metric("published_generation") == 2);
}

TEST_CASE_METHOD(served_fixture, "http: a full export that never succeeded has its series from the beginning",
                 "[http][db]") {
    settings.conninfo += " user=nobody_of_this_name";
    start();
    daemon->wait_for_event("cycle_failed");
    CHECK(metric("last_success_timestamp_seconds{mode=\"full\"}") == 0);
    CHECK(metric("last_success_timestamp_seconds{mode=\"incremental\"}") == 0);
}

TEST_CASE_METHOD(served_fixture, "http: parts of install.sql that are lost are counted", "[http][db]") {
    start_settled();
    CHECK(metric("install_missing_parts") == 0);
    db.exec("DROP TRIGGER json_export_inserted ON dwh.datamartusers");
    run_cycle(*daemon);
    CHECK(becomes("install_missing_parts", 1));
    CHECK(contains(get("/").body, "1 part of install.sql missing or switched off"));
}

TEST_CASE_METHOD(served_fixture, "http: without a standby none is told to be read from, or not to be", "[http][db]") {
    start_settled();
    auto const told = metric("reads_from_standby");
    REQUIRE(told);
    CHECK(std::isnan(*told));
}

TEST_CASE_METHOD(served_fixture, "http: a reload with a mistake is told until one without", "[http][db]") {
    start_settled();
    CHECK(metric("config_last_reload_successful") == 1);
    auto const first = metric("config_last_reload_success_timestamp_seconds").value_or(0);
    CHECK(first > 1e9);
    auto const reload = [&](std::string const& more) {
        settings.more = more;
        settings.write(daemon->config_file());
        daemon->process().signal(SIGHUP);
    };
    reload("[nonsense]\n");
    CHECK(becomes("config_last_reload_successful", 0));
    CHECK(metric("config_last_reload_success_timestamp_seconds") == first);
    CHECK(
        wait_until([&] { return contains(get("/").body, "the configuration file has mistakes and is not in force"); }));
    reload("");
    CHECK(becomes("config_last_reload_successful", 1));
    CHECK(metric("config_last_reload_success_timestamp_seconds").value_or(0) > first);
}

TEST_CASE_METHOD(served_fixture, "http: the page is not green while the shrink guard holds something back",
                 "[http][db]") {
    start_settled();
    db.exec("DELETE FROM dwh.datamartusers WHERE user_id IN"
            " (SELECT user_id FROM dwh.datamartusers WHERE user_id >= 1 ORDER BY user_id LIMIT 12)");
    run_cycle(*daemon);
    REQUIRE(wait_until([&] { return contains(get("/").body, "holds back 12 of 30"); }));
    auto const page = get("/").body;
    CHECK(contains(page, "<section class=\"verdict bad\""));
    CHECK(contains(page, "<p class=\"word\">Held back</p>"));
    CHECK_FALSE(contains(page, "Up to date"));
    CHECK(contains(get("/status.json").body, "\"held\":12,\"held_of\":30"));
}

TEST_CASE_METHOD(served_fixture, "http: the runs of after_publish are counted", "[http][db]") {
    settings.more = "[hooks]\nafter_publish = test $OSM_NOTES_GENERATION != 1\n";
    start_settled();
    CHECK(becomes("hook_runs_total{result=\"failure\"}", 1));
    CHECK(metric("hook_runs_total{result=\"success\"}") == 0);
    change_user(nth_user(0).key, 4711);
    run_cycle(*daemon);
    CHECK(becomes("hook_runs_total{result=\"success\"}", 1));
}

TEST_CASE_METHOD(served_fixture, "http: rows that wait are counted while their cycle runs, and their age grows",
                 "[http][db]") {
    start_settled();
    publication_hold hold{tree()};
    change_user(nth_user(1).key, 4711);
    change_user(nth_user(2).key, 4712);
    notify();
    CHECK(becomes("pending_rows{dataset=\"users\"}", 2));
    auto const aged = [&] { return metric("oldest_pending_age_seconds{dataset=\"users\"}").value_or(0) > 1.5; };
    CHECK(wait_until(aged));
    hold.release();
    CHECK(becomes("pending_rows{dataset=\"users\"}", 0));
    CHECK(becomes("oldest_pending_age_seconds{dataset=\"users\"}", 0));
}

TEST_CASE_METHOD(served_fixture, "http: a row that changes in its cycle is left, and known to be", "[http][db]") {
    start_settled();
    auto const u = nth_user(0);
    publication_hold hold{tree()};
    change_user(u.key, 4711);
    notify("old");
    daemon->wait_for("a held cycle", [&] { return hold.holds_a_cycle(); });
    change_user(u.key, 4712);
    hold.release();
    daemon->wait_for_cycle_after("old");
    CHECK(becomes("mark_conflicts_total", 1));
    CHECK(metric("pending_rows{dataset=\"users\"}") == 1);
    CHECK(metric("oldest_pending_age_seconds{dataset=\"users\"}").value_or(0) > 0);
    CHECK(metric("oldest_pending_age_seconds{dataset=\"countries\"}") == 0);
    serve(*daemon);
    CHECK(becomes("oldest_pending_age_seconds{dataset=\"users\"}", 0));
}

TEST_CASE_METHOD(served_fixture,
                 "http: an outage of the database makes the daemon unready and the age grow, not unhealthy",
                 "[http][db]") {
    start_settled();
    CHECK(get("/readyz").status == 200);
    auto const admit = [&](std::string const& whom) {
        db.exec("UPDATE pg_database SET datallowconn = " + whom + " WHERE datname = current_database()");
    };
    admit("false");
    db.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid()");
    REQUIRE(answers("/readyz", 503));
    CHECK(get("/readyz").body.starts_with("neither notifications nor polling work: "));
    CHECK(get("/healthz").status == 200);
    CHECK(wait_until([&] { return metric("oldest_pending_age_seconds{dataset=\"countries\"}").value_or(0) > 1; }));
    CHECK(metric("listener_state{state=\"live\"}") == 0);
    CHECK(metric("db_errors_total{sqlstate_class=\"55\"}").value_or(0) + // "not currently accepting connections"
              metric("db_errors_total{sqlstate_class=\"none\"}").value_or(0) >
          0);
    CHECK(metric("listener_reconnects_total{reason=\"connection\"}").value_or(0) > 0);
    admit("true");
    CHECK(answers("/readyz", 200));
    CHECK(becomes("oldest_pending_age_seconds{dataset=\"users\"}", 0));
}

TEST_CASE_METHOD(served_fixture, "http: a failing disk is counted by operation and errno", "[http][db]") {
    start_settled();
    std::filesystem::remove_all(tree() / "indexes");
    std::filesystem::create_symlink("/tmp", tree() / "indexes");
    change_user(nth_user(1).key, 4711);
    notify();
    CHECK(
        wait_until([&] { return get("/metrics").body.find("osmnotes_export_io_errors_total{") != std::string::npos; }));
    CHECK(contains(get("/metrics").body, "errno=\"E"));
    CHECK(becomes("cycles_total{mode=\"incremental\",result=\"success\"}", 1)); // the one after LISTEN
}

TEST_CASE_METHOD(served_fixture, "http: quarantined rows are counted by dataset and by schema", "[http][db]") {
    start_settled();
    db.exec("UPDATE dwh.datamartusers SET username = '' WHERE dimension_user_id = " + std::to_string(nth_user(3).key));
    run_cycle(*daemon);
    CHECK(becomes("quarantined_rows{dataset=\"users\"}", 1));
    CHECK(metric("validation_failures_total{schema=\"user-profile.schema.json\"}") == 1);
    CHECK(metric("pending_rows{dataset=\"users\"}") == 0);
    CHECK(metric("oldest_pending_age_seconds{dataset=\"users\"}") == 0);
}

TEST_CASE_METHOD(served_fixture, "http: status.json tells the same, and what was refused", "[http][db]") {
    start_settled();
    db.exec("UPDATE dwh.datamartusers SET username = '' WHERE dimension_user_id = " + std::to_string(nth_user(3).key));
    run_cycle(*daemon);
    REQUIRE(becomes("quarantined_rows{dataset=\"users\"}", 1));
    REQUIRE(wait_until([&] { return parsed(get("/status.json").body)["quarantine"].Size() == 1; }));
    auto const d = parsed(get("/status.json").body);
    CHECK(d["ready"].GetBool());
    CHECK(d["datasets"][0]["published"].GetInt() == 30);
    CHECK(d["runs"].Size() == 2);
    CHECK(d["runs"][0]["mode"].GetString() == std::string{"full"});
    CHECK(d["runs"][0]["bytes_written"].GetInt() > 10'000);
    CHECK(d["quarantine"][0]["id"].GetInt64() == nth_user(3).id);
    CHECK(d["quarantine"][0]["pointer"].GetString() == std::string{"/username"});
}

TEST_CASE_METHOD(served_fixture, "http: earlier runs are remembered over a restart, once each", "[http][db]") {
    start_settled();
    change_user(nth_user(1).key, 4711);
    run_cycle(*daemon);
    daemon->stop();
    db.exec("UPDATE dwh.json_export_runs SET started_at = started_at - interval '1 hour',"
            " finished_at = finished_at - interval '1 hour'");
    start_settled();
    change_user(nth_user(1).key, 4712);
    run_cycle(*daemon);
    REQUIRE(wait_until([&] { return parsed(get("/status.json").body)["runs"].Size() == 3; }));
    auto const d = parsed(get("/status.json").body);
    CHECK(d["runs"][0]["mode"].GetString() == std::string{"full"});
    CHECK(d["runs"][0]["finished_at"].GetString() < std::string{d["runs"][2]["finished_at"].GetString()});
    CHECK(db.number("SELECT count(*) FROM dwh.json_export_runs") == 3);
}

TEST_CASE_METHOD(served_fixture, "http: a stopped event loop is unhealthy", "[http][db]") {
    start_settled();
    CHECK(get("/healthz").status == 200);
    stopped_thread const loop{daemon->process().pid()};
    CHECK(wait_until([&] { return get("/healthz").status == 503; }, 25s));
    CHECK(get("/healthz").body.starts_with("the event loop has not run for "));
}

TEST_CASE_METHOD(served_fixture, "http: answers carry what keeps browsers from misusing them", "[http][db]") {
    start();
    for (std::string const target : {"/", "/metrics", "/status.json", "/healthz", "/nothing"}) {
        auto const reply = get(target);
        CHECK(reply.field("X-Content-Type-Options") == "nosniff");
        CHECK(reply.field("Content-Security-Policy").starts_with("default-src 'none'"));
        CHECK(reply.field("Cache-Control") == "no-store");
        CHECK(reply.field("Set-Cookie").empty());
        CHECK(reply.field("Connection") == "close");
    }
    auto const head = http_get(port, "/", "HEAD");
    CHECK(head.status == 200);
    CHECK(head.body.empty());
    CHECK(std::stoi(head.field("Content-Length")) > 10'000);
    CHECK(http_get(port, "/", "POST").status == 405);
    CHECK(http_get(port, "/metrics", "GET", "Host: rebound.example\r\n").status == 421);
    CHECK(http_get(port, "/metrics", "GET", "Host: localhost\r\nHost: localhost\r\n").status != 200);
}

TEST_CASE_METHOD(served_fixture, "http: a port in use ends the start with a clear message", "[http][db]") {
    start_settled();
    settings.http_listen = "127.0.0.1:" + std::to_string(port);
    settings.directory = root / "other";
    child_process second{root / "second", {"--config", [&] {
                                               settings.write(root / "second.conf");
                                               return (root / "second.conf").string();
                                           }()}};
    CHECK(second.wait_exit() == 78);
    CHECK(contains(second.errors(), "listen on " + settings.http_listen));
    CHECK(contains(second.errors(), "Address already in use"));
}

TEST_CASE_METHOD(daemon_fixture, "http: check-config refuses an address that others can reach", "[http][db]") {
    auto const refused = run_command({"check-config", "--set", "http.listen=0.0.0.0:9847"});
    CHECK(refused.status == 78);
    CHECK(contains(refused.errors, "http.listen"));
    CHECK(contains(refused.errors, "can be reached by other hosts"));
    CHECK(run_command({"check-config", "--set", "http.listen=[::1]:9847"}).status == 0);
}

TEST_CASE_METHOD(socket_fixture, "http: a Unix socket is for owner and group, and goes with the daemon", "[http][db]") {
    start_settled();
    CHECK(S_ISSOCK(info().st_mode));
    CHECK((info().st_mode & 0777) == 0660);
    CHECK(http_get(path, "/readyz", "GET", "Host: status.example\r\n").status == 200);
    CHECK(daemon->stop() == 0);
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE_METHOD(socket_fixture, "http: a socket that a crash left is replaced", "[http][db]") {
    start_settled();
    auto const before = info().st_ino;
    daemon->process().signal(SIGKILL);
    daemon->process().wait_exit();
    REQUIRE(info().st_ino == before);
    start_settled();
    CHECK(http_get(path, "/healthz").status == 200);
}

TEST_CASE_METHOD(socket_fixture, "http: neither a file in the socket's place nor another's socket is removed",
                 "[http][db]") {
    std::ofstream{path} << "mine";
    auto const refused = run_command({"run"});
    CHECK(refused.status == 78);
    CHECK(contains(refused.errors, "is not a socket and is left alone"));
    CHECK(read_file(path) == "mine");

    std::filesystem::remove(path);
    start_settled();
    settings.directory = root / "other";
    auto const second = run_command({"run"});
    CHECK(second.status == 78);
    CHECK(contains(second.errors, "Address already in use"));
    CHECK(http_get(path, "/healthz").status == 200);
}

TEST_CASE_METHOD(socket_fixture, "http: a stopping daemon leaves the socket of its successor", "[http][db]") {
    start_settled();
    std::filesystem::rename(path, root / "moved.sock");
    std::filesystem::copy_file(daemon->config_file(), path);
    CHECK(daemon->stop() == 0);
    CHECK(std::filesystem::exists(path));
}

} // namespace test
