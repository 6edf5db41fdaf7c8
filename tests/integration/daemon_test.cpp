// What makes the daemon publish: start, notifications, the timer, a new connection.
#include "support/catch.hpp"
#include "support/daemon_fixture.hpp"
#include "support/thrown_message.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <regex>
#include <set>

namespace test {

namespace {

using namespace std::chrono_literals;

/// Users, countries, indexes, global files, metadata.json and the version file.
constexpr std::size_t complete_tree = 30 + 6 + 2 + 2 + 1 + 1;

/// Records of this event and this level.
std::ptrdiff_t count_at(daemon_process const& daemon, std::string const& event, std::string const& level) {
    auto const log = daemon.log();
    return std::ranges::count_if(log,
                                 [&](log_record const& r) { return r.event == event && r.field("level") == level; });
}

} // namespace

TEST_CASE_METHOD(daemon_fixture, "daemon: the first start publishes everything", "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    CHECK(verify().clean());
    CHECK(files().size() == complete_tree);
    CHECK(db.pending() == 0);
}

TEST_CASE_METHOD(daemon_fixture, "daemon: systemd is told READY, STATUS and STOPPING, in this order", "[daemon][db]") {
    notify_socket const systemd{root / "notify"};
    daemon_process daemon{root.path(), settings, systemd.environment()};
    daemon.wait_settled();
    CHECK(systemd.wait_for("STATUS=Up to date, listening, last change 2"));
    CHECK(daemon.stop() == 0);
    auto const all = systemd.received();
    REQUIRE_FALSE(all.empty());
    CHECK(all.front() == "READY=1");
    CHECK(contains(systemd.received("STATUS=Up to date").front(), "Z, generation 1"));
    CHECK(all.back() == "STOPPING=1");
}

TEST_CASE_METHOD(daemon_fixture, "daemon: a committed change and NOTIFY publish the changed file and touch no other",
                 "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const u = nth_user(7);
    auto const before = files();
    change_user(u.key, 4711);
    run_cycle(daemon);
    CHECK(file(u.path).find("\"history_whole_open\":4711,") != std::string::npos);
    CHECK(touched(before, files()) == std::set<std::string>{u.path, "indexes/users.json", "metadata.json"});
    CHECK(db.pending() == 0);
}

TEST_CASE_METHOD(daemon_fixture, "daemon: an index above the limit has a record, and one near it", "[daemon][db]") {
    run_command({"once"});
    auto const bytes = std::filesystem::file_size(tree() / "indexes/users.json");
    auto const limit = bytes / 1000 + 1; // less than a kilobyte above it
    settings.index_max_size = std::to_string(limit) + "kB";
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const told = [&](std::string const& event) {
        std::vector<log_record> found;
        for (auto const& record : daemon.log())
            if (record.event == event && record.field("dataset") == "users")
                found.push_back(record);
        return found;
    };
    change_user(nth_user(3).key, 7);
    run_cycle(daemon);
    REQUIRE(told("index_large").size() == 1);
    CHECK(told("index_large").front().field("path") == "indexes/users.json");
    db.exec("UPDATE dwh.datamartusers SET username = repeat('x', 2000) WHERE dimension_user_id = " +
            std::to_string(nth_user(4).key));
    run_cycle(daemon);
    change_user(nth_user(3).key, 8);
    run_cycle(daemon);
    REQUIRE(told("index_refused").size() == 1);
    CHECK(told("index_refused").front().field("limit") == std::to_string(limit * 1000));
    CHECK(std::filesystem::file_size(tree() / "indexes/users.json") <= limit * 1000);
}

TEST_CASE_METHOD(daemon_fixture, "daemon: the closing record has the words that monitoring looks for", "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    run_cycle(daemon);
    auto const last = daemon.log().back();
    CHECK(last.event == "cycle_finished");
    CHECK(std::regex_match(last.message, std::regex{"JSON export completed successfully\\. Duration: [0-9]+s"}));
}

TEST_CASE_METHOD(daemon_fixture, "daemon: each published profile has its debug record", "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const u = nth_user(4);
    db.exec("UPDATE dwh.datamartusers SET username = 'Jörg' WHERE dimension_user_id = " + std::to_string(u.key));
    auto const before = daemon.count("entity_exported");
    run_cycle(daemon);
    CHECK(daemon.count("entity_exported") == before + 1);
    CHECK(count_where(daemon.log(), "message", "Exported modified user: " + std::to_string(u.id) + " (Jörg)") == 1);
}

// The ETL announces a row with modified = TRUE, and takes the announcement back in the transaction that changes the
// row. A reader that only looks at the announcement publishes the old row and never sees the new one.
TEST_CASE_METHOD(daemon_fixture, "daemon: removals that are held back are told once while their number stays",
                 "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const before = count_at(daemon, "dataset_exported", "info");
    auto const remove = [this](int n) {
        db.exec("DELETE FROM dwh.datamartusers WHERE user_id IN (SELECT user_id FROM dwh.datamartusers"
                " WHERE user_id >= 1 ORDER BY user_id LIMIT " +
                std::to_string(n) + ')');
    };
    remove(12);
    for (int i = 0; i < 3; ++i)
        run_cycle(daemon);
    CHECK(count_at(daemon, "cycle_warning", "warning") == 1);
    CHECK(count_at(daemon, "cycle_warning", "debug") >= 2);
    remove(1);
    for (int i = 0; i < 2; ++i)
        run_cycle(daemon);
    CHECK(count_at(daemon, "cycle_warning", "warning") == 2);
    CHECK(count_at(daemon, "dataset_exported", "info") == before);
    daemon.process().signal(SIGUSR1); // who asks is told
    daemon.wait_for("the warning once more", [&] { return count_at(daemon, "cycle_warning", "warning") == 3; });
}

TEST_CASE_METHOD(daemon_fixture, "daemon: a row that changes after its announcement was served is published",
                 "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const u = nth_user(3);
    auto const where = " WHERE dimension_user_id = " + std::to_string(u.key);
    db.exec("UPDATE dwh.dimension_users SET modified = TRUE" + where);
    run_cycle(daemon);
    CHECK(db.pending() == 0);
    db.exec("BEGIN; UPDATE dwh.datamartusers SET history_whole_open = 4711" + where +
            "; UPDATE dwh.dimension_users SET modified = FALSE" + where + "; COMMIT");
    run_cycle(daemon);
    CHECK(file(u.path).find("\"history_whole_open\":4711,") != std::string::npos);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(daemon_fixture, "daemon: a notification that is rolled back causes no cycle", "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const cycles = daemon.cycles();
    db.exec("BEGIN; UPDATE dwh.datamartusers SET history_whole_open = 4711; NOTIFY osm_notes_export, 'rolled back'; "
            "ROLLBACK");
    run_cycle(daemon); // notifications arrive in order, so an earlier one would be served by now
    run_cycle(daemon);
    CHECK(daemon.count("notified") == 2);
    CHECK(daemon.cycles() == cycles + 2);
}

TEST_CASE_METHOD(daemon_fixture, "daemon: a burst of notifications gives few cycles and loses no row", "[daemon][db]") {
    settings.debounce = "500ms";
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const cycles = daemon.cycles();
    std::vector<user> users;
    for (int n = 0; n < 30; ++n)
        users.push_back(nth_user(n));
    auto const begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 1000; ++i) {
        change_user(users[static_cast<std::size_t>(i) % users.size()].key, 10'000 + i);
        notify();
    }
    auto const took = std::chrono::steady_clock::now() - begin;
    run_cycle(daemon);
    CHECK(verify().clean());
    CHECK(daemon.count("notified") == 1001);
    // A cycle begins no sooner than 500 ms after the first notification that the one before it did not serve.
    CHECK(daemon.cycles() - cycles <= static_cast<std::size_t>(took / 500ms) + 2);
}

TEST_CASE_METHOD(daemon_fixture, "daemon: notifications without a pause cannot put a cycle off for ever",
                 "[daemon][db]") {
    settings.debounce = "1s";
    settings.max_delay = "2s";
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const cycles = daemon.cycles();
    daemon.wait_for("a cycle between notifications", [&] {
        notify(); // each one sooner than the debounce time after the one before
        return daemon.cycles() > cycles;
    });
}

TEST_CASE_METHOD(daemon_fixture, "daemon: notifications during a cycle lead to exactly one more", "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const cycles = daemon.cycles();
    auto const first = nth_user(0);
    auto const second = nth_user(1);
    publication_hold hold{tree()};
    change_user(first.key, 4711);
    notify();
    daemon.wait_for("a held cycle", [&] { return hold.holds_a_cycle(); });
    change_user(second.key, 4712);
    for (int i = 0; i < 5; ++i)
        notify();
    daemon.wait_for_event("notified", 6);
    CHECK(daemon.cycles() == cycles);
    hold.release();
    wait_published(daemon, second, 4712);
    daemon.wait_for_event("cycle_finished", cycles + 2);
    run_cycle(daemon); // a third one would have begun before
    CHECK(daemon.cycles() == cycles + 3);
}

TEST_CASE_METHOD(daemon_fixture, "daemon: a row that changes while its old version is published is published again",
                 "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const u = nth_user(0);
    publication_hold hold{tree()};
    change_user(u.key, 4711);
    notify("old");
    daemon.wait_for("a held cycle", [&] { return hold.holds_a_cycle(); });
    change_user(u.key, 4712);
    hold.release();
    daemon.wait_for_cycle_after("old");
    CHECK(file(u.path).find("\"history_whole_open\":4711,") != std::string::npos);
    CHECK(db.pending() == 1);
    run_cycle(daemon);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(daemon_fixture, "daemon: the payload {\"full\":true} makes a full cycle, any other text a plain one",
                 "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    std::string const full = R"({"full":true})";
    notify(full);
    daemon.wait_for_cycle_after(full);
    auto last = daemon.log().back();
    CHECK(last.field("mode") == "full");
    CHECK(last.field("reason") == "requested");
    std::string const other = R"({"full":"true"} full)";
    notify(other);
    daemon.wait_for_cycle_after(other);
    CHECK(daemon.log().back().field("mode") == "incremental");
}

TEST_CASE_METHOD(daemon_fixture, "daemon: requests for a full export are granted once in full_request_interval",
                 "[daemon][db]") {
    settings.full_request_interval = "3s";
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const full_cycles = [&] { return count_where(daemon.log(), "reason", "requested"); };
    auto const u = nth_user(0);
    notify(R"({"full":true})");
    daemon.wait_for("the first full cycle", [&] { return full_cycles() == 1; });
    auto const begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 20; ++i)
        notify(R"({"full":true})");
    change_user(u.key, 4711); // what is put off does not hold up the rest
    run_cycle(daemon);
    CHECK(file(u.path).find("\"history_whole_open\":4711,") != std::string::npos);
    CHECK(full_cycles() == 1);
    daemon.wait_for("the second full cycle", [&] { return full_cycles() == 2; });
    CHECK(std::chrono::steady_clock::now() - begin >= 2s);
    CHECK(std::chrono::steady_clock::now() - begin < 20s);
    run_cycle(daemon);
    CHECK(full_cycles() == 2);
}

TEST_CASE_METHOD(daemon_fixture, "daemon: the timer finds a change that nobody announced", "[daemon][db]") {
    settings.poll_interval = "1s";
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const u = nth_user(5);
    change_user(u.key, 4711);
    wait_published(daemon, u, 4711);
    CHECK(daemon.count("notified") == 0);
    CHECK_NOTHROW(daemon.wait_for_event("notification_missed"));
}

TEST_CASE_METHOD(daemon_fixture, "daemon: what was committed while nobody listened is published on reconnection",
                 "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const u = nth_user(6);
    // ALTER DATABASE refuses to do this to the database it runs in.
    auto const admit = [&](std::string const& whom) {
        db.exec("UPDATE pg_database SET datallowconn = " + whom + " WHERE datname = current_database()");
    };
    admit("false");
    CHECK(db.number("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND application_name LIKE '%: listener'") == 1);
    daemon.wait_for_event("listener_lost");
    change_user(u.key, 4711);
    notify("heard by nobody");
    admit("true");
    wait_published(daemon, u, 4711);
    daemon.wait_for_event("listening", 2);
    CHECK(daemon.count("notified") == 0);
    serve(daemon); // and it hears again
}

TEST_CASE_METHOD(daemon_fixture, "daemon: a database that is not there yet is waited for", "[daemon][db]") {
    auto const name = db.name() + "_later";
    settings.conninfo = "host=" + test_database::host() + " user=postgres dbname=" + name;
    notify_socket const systemd{root / "notify"};
    daemon_process daemon{root.path(), settings, systemd.environment()};
    CHECK(systemd.wait_for("READY=1"));
    daemon.wait_for_event("cycle_failed");
    daemon.wait_for_event("listener_lost");
    CHECK_FALSE(daemon.process().wait_exit(0ms));
    daemon.wait_for_event("cycle_failed", 3);
    std::size_t told = 0;
    for (auto const& record : daemon.log())
        told += record.event == "cycle_failed" && record.field("level") == "error" ? 1U : 0U;
    CHECK(told == 1); // the others are the same failure again
    db.exec("CREATE DATABASE " + name + " TEMPLATE small");
    CHECK_NOTHROW(daemon.wait_for_event("cycle_finished"));
    CHECK(files().size() == complete_tree);
    daemon.stop();
    db.exec("DROP DATABASE " + name + " WITH (FORCE)");
}

} // namespace test
