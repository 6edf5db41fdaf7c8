// Other sessions hold what the cycle wants, or break it off; and columns come while the daemon runs.
#include "support/catch.hpp"
#include "support/fault_fixture.hpp"
#include "support/freezing_proxy.hpp"

#include <notes_export/error.hpp>

#include <chrono>

namespace test {

namespace {
using namespace std::chrono_literals;
} // namespace

TEST_CASE_METHOD(fault_fixture, "contended rows: a table that stays locked fails the cycle, which is retried",
                 "[fault][daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const u = nth_user(0);
    auto const before = contents();
    db.exec("BEGIN; LOCK TABLE dwh.datamartusers IN ACCESS EXCLUSIVE MODE");
    change_user(u.key, 4711);
    db.psql("NOTIFY osm_notes_export");
    daemon.wait_for(
        "a failed cycle", [&] { return daemon.count("cycle_failed") > 0; }, 60s);
    CHECK(count(daemon, "cycle_failed", "sqlstate", "55P03") >= 1);
    CHECK(contents() == before);
    CHECK(daemon.count("listener_lost") == 0);
    db.exec("COMMIT");
    wait_published(daemon, u, 4711);
    CHECK(verify().clean());
}

// Whoever updates rows in another order than the marks must not be the one who is cancelled.
TEST_CASE_METHOD(fault_fixture, "contended rows: rows locked in the opposite order are left pending, not waited for",
                 "[fault][daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const first = nth_user(0);
    auto const last = nth_user(20);
    publication_hold hold{tree()};
    change_user(first.key, 4711);
    change_user(last.key, 4711);
    notify("both");
    daemon.wait_for("a held cycle", [&] { return hold.holds_a_cycle(); });
    db.exec("BEGIN");
    change_user(last.key, 4712);
    hold.release();
    daemon.wait_for_cycle_after("both");
    change_user(first.key, 4712); // would be a deadlock if the mark waited for the other row
    db.exec("COMMIT; NOTIFY osm_notes_export");
    wait_published(daemon, first, 4712);
    wait_published(daemon, last, 4712);
    CHECK(daemon.count("cycle_failed") == 0);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(fault_fixture, "contended rows: a statement against the order of the marks never deadlocks",
                 "[fault][daemon][db]") {
    settings.debounce = "1ms";
    settings.max_delay = "5ms";
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    for (int i = 1; i <= 200; ++i) {
        db.exec("BEGIN; NOTIFY osm_notes_export; COMMIT; BEGIN");
        for (int const n : {29, 17, 3})
            db.exec("UPDATE dwh.datamartusers SET history_whole_open = " + std::to_string(i) +
                    " WHERE dimension_user_id = " + std::to_string(n));
        REQUIRE_NOTHROW(db.exec("COMMIT"));
    }
    serve(daemon);
    CHECK(daemon.count("cycle_failed") == 0);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(fault_fixture, "contended rows: a column added while the daemon runs appears without a restart",
                 "[fault][daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    db.exec("ALTER TABLE dwh.datamartcountries ADD COLUMN history_2027_open integer DEFAULT 7");
    serve(daemon);
    auto const country = "countries/" + db.value("SELECT min(country_id) FROM dwh.datamartcountries") + ".json";
    CHECK(file(country).find("\"history_2027_open\":7") != std::string::npos);
    CHECK(count(daemon, "cycle_finished", "reason", "columns changed") == 1);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(fault_fixture, "contended rows: a dropped table is an error, and every file stays",
                 "[fault][daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const before = contents();
    db.exec("ALTER TABLE dwh.datamartcountries RENAME TO gone");
    notify();
    daemon.wait_for_event("cycle_failed");
    CHECK(count(daemon, "cycle_failed", "sqlstate", "42P01") >= 1);
    CHECK(contents() == before);
    db.exec("ALTER TABLE dwh.gone RENAME TO datamartcountries");
    auto const cycles = daemon.cycles();
    daemon.wait_for_event("cycle_finished", cycles + 1); // by itself
    CHECK(verify().clean());
}

// Wherever an answer is cut off: an index is never short, and what was not published stays pending.
TEST_CASE_METHOD(export_fixture, "contended rows: a connection that breaks after any number of bytes loses nothing",
                 "[fault][db]") {
    run();
    freezing_proxy proxy{root.path(), test_database::host()};
    auto through_proxy = config();
    through_proxy.conninfo = "host=" + root.path().string() + " user=postgres dbname=" + db.name();
    auto before = contents();
    std::size_t broken = 0;
    for (std::size_t bytes = 1, value = 1;; bytes += 997, ++value) {
        CAPTURE(bytes);
        db.exec("UPDATE dwh.datamartusers SET history_whole_open = " + std::to_string(value) +
                "; UPDATE dwh.datamartcountries SET history_whole_open = " + std::to_string(value));
        proxy.cut_after(bytes);
        bool whole = true;
        try {
            notes_export::exporter{through_proxy}.run({});
        } catch (notes_export::database_error const&) {
            whole = false;
        }
        auto const after = contents();
        REQUIRE((after == before || verify().clean())); // all or, when only the marks are missing, nothing
        if (whole)
            break;
        ++broken;
        before = after;
    }
    CHECK(broken > 50);
    CHECK(db.pending() == 0);
}

} // namespace test
