// Old rows of json_export_runs: which go, which stay, and how many at a time.
#include "support/catch.hpp"

#include "notes_export/error.hpp"
#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"

using namespace notes_export;

namespace {

struct runs_fixture : test::export_fixture {
    export_config settings = config();

    /// That many runs with this result, one a second, the newest of them so long ago.
    void ran(std::string const& ago, std::string const& result = "success", int count = 1) {
        db.exec("INSERT INTO dwh.json_export_runs (started_at, finished_at, mode, reason, result, duration_ms, host,"
                " pid, version) SELECT t, t, 'full', 'earlier', '" +
                result + "', 1, 'h', 1, '1' FROM generate_series(0, " + std::to_string(count - 1) +
                ") AS i, LATERAL (SELECT now() - interval '" + ago + "' - i * interval '1 second') AS a (t)");
    }
    std::int64_t earlier() { return db.number("SELECT count(*) FROM dwh.json_export_runs WHERE reason = 'earlier'"); }
    void record(std::string const& error = "") {
        exporter e{settings};
        auto const report = e.run({});
        REQUIRE(e.record(report, error, "1.2.3"));
    }
};

} // namespace

TEST_CASE_METHOD(runs_fixture, "runs_retention: older rows go when a run is recorded, younger ones stay",
                 "[statistics][db]") {
    ran("91 days");
    ran("89 days");
    record();
    CHECK(earlier() == 1);
    CHECK(db.number("SELECT count(*) FROM dwh.json_export_runs WHERE finished_at < now() - interval '90 days'") == 0);
}

TEST_CASE_METHOD(runs_fixture, "runs_retention: 0 keeps every row", "[statistics][db]") {
    settings.runs_retention = std::chrono::seconds{0};
    ran("100 years");
    record();
    CHECK(earlier() == 1);
}

TEST_CASE_METHOD(runs_fixture, "runs_retention: reconfigure takes it over", "[statistics][db]") {
    ran("2 hours");
    exporter e{settings};
    auto const report = e.run({});
    e.record(report, "", "1.2.3");
    CHECK(earlier() == 1);
    settings.runs_retention = std::chrono::hours{1};
    e.reconfigure(settings);
    e.record(report, "", "1.2.3");
    CHECK(earlier() == 0);
}

TEST_CASE_METHOD(runs_fixture, "runs_retention: a large surplus goes in portions, the oldest first",
                 "[statistics][db]") {
    ran("91 days", "success", 2500);
    auto const newest = db.value("SELECT max(run_id) - 2499 FROM dwh.json_export_runs");
    record();
    CHECK(earlier() == 500);
    CHECK(db.number("SELECT count(*) FROM dwh.json_export_runs WHERE run_id = " + newest) == 1);
    record();
    CHECK(earlier() == 0);
}

TEST_CASE_METHOD(runs_fixture, "runs_retention: the last success stays however long ago it was", "[statistics][db]") {
    ran("300 days");
    ran("200 days");
    ran("100 days", "failure");
    record("disk full");
    CHECK(db.psql("SELECT result FROM dwh.json_export_runs ORDER BY finished_at") == "success\nfailure\n");
    CHECK(db.value("SELECT last_success_at < now() - interval '199 days' FROM dwh.json_export_status LIMIT 1") == "t");
}

TEST_CASE_METHOD(runs_fixture, "runs_retention: a clock that runs ahead or behind deletes nothing too early",
                 "[statistics][db]") {
    ran("2 days");
    exporter e{settings};
    auto report = e.run({});
    for (auto const skew : {std::chrono::hours{24 * 365}, std::chrono::hours{-24 * 365}}) {
        report.finished = std::chrono::system_clock::now() + skew;
        report.started = report.finished;
        e.record(report, "", "1.2.3");
    }
    CHECK(earlier() == 1);
    CHECK(db.number("SELECT count(*) FROM dwh.json_export_runs") == 3);
}

TEST_CASE_METHOD(runs_fixture,
                 "runs_retention: rows that cannot be deleted are an error that says so, the run is there",
                 "[statistics][db]") {
    ran("91 days");
    db.exec("CREATE FUNCTION dwh.refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'history is kept'; END $$;"
            "CREATE TRIGGER keep BEFORE DELETE ON dwh.json_export_runs FOR EACH ROW EXECUTE FUNCTION dwh.refuse()");
    exporter e{settings};
    auto const report = e.run({});
    auto const message = test::thrown_message([&] { e.record(report, "", "1.2.3"); });
    CHECK(test::contains(message, "delete old runs: "));
    CHECK(test::contains(message, "history is kept"));
    CHECK(db.number("SELECT count(*) FROM dwh.json_export_runs WHERE reason <> 'earlier'") == 1);
}
