// Changes that nobody announces, or that are announced but not committed.
#include "support/catch.hpp"
#include "support/fault_fixture.hpp"

namespace test {

namespace {

/// What a load with the triggers switched off does, without a word.
void change_quietly(export_fixture& f, std::int64_t key, int open) {
    f.db.exec("SET session_replication_role = replica; UPDATE dwh.datamartusers SET json_exported = FALSE,"
              " history_whole_open = " +
              std::to_string(open) + " WHERE dimension_user_id = " + std::to_string(key) +
              "; SET session_replication_role = origin");
}

} // namespace

TEST_CASE_METHOD(fault_fixture, "missed notification: found by polling, and reported once until one arrives again",
                 "[fault][daemon][db]") {
    settings.poll_interval = "1s";
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const u = nth_user(1);
    for (int i = 1; i <= 2; ++i) {
        change_quietly(*this, u.key, 4700 + i);
        wait_published(daemon, u, 4700 + i);
    }
    daemon.wait_for_event("notification_missed");
    run_cycle(daemon);
    CHECK(daemon.count("notification_missed") == 1);
    change_quietly(*this, u.key, 4711);
    wait_published(daemon, u, 4711);
    daemon.wait_for_event("notification_missed", 2);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(fault_fixture, "missed notification: none is reported for changes that were announced",
                 "[fault][daemon][db]") {
    settings.poll_interval = "1s";
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const u = nth_user(1);
    auto const cycles = daemon.cycles();
    for (int i = 1; daemon.cycles() < cycles + 8; ++i) {
        db.exec("BEGIN; UPDATE dwh.datamartusers SET history_whole_open = " + std::to_string(i) +
                " WHERE dimension_user_id = " + std::to_string(u.key) + "; NOTIFY osm_notes_export; COMMIT");
        wait_published(daemon, u, i);
    }
    CHECK(daemon.count("notification_missed") == 0);
}

TEST_CASE_METHOD(fault_fixture, "missed notification: an open transaction delays its own changes and no others",
                 "[fault][daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const slow = nth_user(1);
    auto const quick = nth_user(2);
    db.exec("BEGIN");
    change_user(slow.key, 4711);
    db.exec("NOTIFY osm_notes_export, 'slow'");
    db.psql("UPDATE dwh.datamartusers SET history_whole_open = 4712 WHERE dimension_user_id = " +
            std::to_string(quick.key) + "; NOTIFY osm_notes_export, 'quick'");
    wait_published(daemon, quick, 4712);
    CHECK(count_where(daemon.log(), "payload", "slow") == 0);
    CHECK(file(slow.path).find(":4711,") == std::string::npos);
    db.exec("COMMIT");
    wait_published(daemon, slow, 4711);
}

TEST_CASE_METHOD(fault_fixture, "missed notification: what is rolled back makes no cycle", "[fault][daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const cycles = daemon.cycles();
    auto const before = files();
    db.exec("BEGIN; NOTIFY osm_notes_export, 'taken back'; ROLLBACK");
    db.exec("BEGIN; SAVEPOINT a; NOTIFY osm_notes_export, 'taken back'; ROLLBACK TO a; COMMIT");
    db.exec("NOTIFY osm_notes_export_2, 'for others'");
    run_cycle(daemon); // one of the above would have come before
    CHECK(daemon.count("notified") == 1);
    CHECK(daemon.cycles() == cycles + 1);
    CHECK(files() == before); // nothing was pending
    CHECK(daemon.log().back().field("files") == "0");
}

TEST_CASE_METHOD(fault_fixture, "missed notification: a trigger that announces our own marks leads to one empty cycle",
                 "[fault][daemon][db]") {
    db.exec("CREATE FUNCTION dwh.tell() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_notify('osm_notes_export', 'from a trigger'); RETURN NULL; END $$;"
            " CREATE TRIGGER tell AFTER UPDATE ON dwh.datamartusers FOR EACH ROW EXECUTE FUNCTION dwh.tell()");
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    serve(daemon); // what the marks of the first cycle announced
    auto const cycles = daemon.cycles();
    auto const u = nth_user(1);
    change_user(u.key, 4711);
    wait_published(daemon, u, 4711);
    daemon.wait_for("the notification of the mark",
                    [&] { return count_where(daemon.log(), "payload", "from a trigger") >= 3; });
    daemon.wait_for_event("cycle_finished", cycles + 2);
    run_cycle(daemon); // a further one would have begun before
    CHECK(daemon.cycles() <= cycles + 3);
    CHECK(verify().clean());
}

} // namespace test
