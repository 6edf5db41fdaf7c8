// What a cycle sees while others replace what it reads, and what it waits for.
#include "support/catch.hpp"

#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"
#include "support/wait_until.hpp"

#include <future>
#include <thread>

using namespace notes_export;
using test::contains;
using test::users_of;

namespace {

struct snapshot_fixture : test::export_fixture {
    /// Runs a cycle beside a transaction of ours, which ends when the cycle waits for it.
    cycle_report beside(std::string const& statements) {
        db.exec("BEGIN; " + statements);
        exporter e{config()};
        auto cycle = std::async(std::launch::async, [&] { return e.run({}); });
        test::test_database watcher_of_other{"plain"};
        REQUIRE(test::wait_until([&] {
            return watcher_of_other.number("SELECT count(*) FROM pg_stat_activity WHERE datname = '" + db.name() +
                                           "' AND wait_event_type = 'Lock'") > 0;
        }));
        db.exec("COMMIT");
        return cycle.get();
    }
};

} // namespace

TEST_CASE_METHOD(snapshot_fixture, "snapshot: a table that is loaded anew in one transaction is seen whole",
                 "[snapshot][db]") {
    run();
    auto const before = contents();
    std::string const table = GENERATE("datamartcountries", "contributor_types", "datamartusers");
    auto const report = beside("CREATE TEMP TABLE kept AS SELECT * FROM dwh." + table + "; TRUNCATE dwh." + table +
                               "; INSERT INTO dwh." + table + " SELECT * FROM kept");
    CHECK(report.files_removed == 0);
    auto after = contents();
    after["metadata.json"] = before.at("metadata.json");
    CHECK(after == before);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(snapshot_fixture, "snapshot: who keeps a table locked is named", "[snapshot][db]") {
    run();
    auto c = config();
    c.lock_timeout = std::chrono::milliseconds{200};
    exporter e{c};
    change_user(nth_user(1).key, 31337);
    db.exec("SET application_name = 'a long load'; BEGIN; LOCK TABLE dwh.contributor_types");
    auto const said = test::thrown_message([&] { e.run({}); });
    CHECK(contains(said, "lock tables for reading"));
    CHECK(contains(said, "a long load"));
    CHECK(contains(said, "55P03"));
    db.exec("COMMIT");
    CHECK(users_of(e.run({})).exported == 1);
    CHECK(verify().clean());
}
