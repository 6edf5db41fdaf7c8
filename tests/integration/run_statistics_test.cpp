// What of a cycle is written to json_export_runs, and read from it: by dataset, whatever version made the table.
#include "support/catch.hpp"

#include "support/third_dataset.hpp"

using namespace notes_export;

namespace {

struct statistics : test::third_dataset_fixture {
    /// As version 2 of install.sql made it, and the versions before.
    void older_table() { db.exec("ALTER TABLE dwh.json_export_runs DROP COLUMN datasets"); }
    cycle_report record(export_config const& c) {
        exporter e{c};
        auto report = e.run({});
        REQUIRE(e.record(report, "", "1.2.3"));
        return report;
    }
    std::vector<run_status> recent(export_config const& c) {
        exporter e{c};
        e.run({});
        return e.recent_runs(10);
    }
    std::string columns() {
        return db.value("SELECT concat_ws(' ', users_exported, countries_exported) FROM dwh.json_export_runs"
                        " ORDER BY run_id DESC LIMIT 1");
    }
    /// A run of a program that counted in a column for each dataset.
    void ran_before() {
        db.exec(
            "INSERT INTO dwh.json_export_runs (started_at, finished_at, mode, reason, result, duration_ms, host, pid,"
            " version, users_exported, countries_exported)"
            " VALUES (now(), now(), 'full', 'earlier', 'success', 1, 'h', 1, '1', 5, 2)");
    }
};

} // namespace

TEST_CASE_METHOD(statistics, "run statistics: what each dataset counts is in one column", "[statistics][db]") {
    use(3, -1);
    record(settings);
    CHECK(db.psql("SELECT key || ' ' || value::text FROM dwh.json_export_runs, jsonb_each(datasets) ORDER BY key") ==
          "countries {\"total\": 6, \"marked\": 6, \"pending\": 0, \"removed\": 0, \"exported\": 6, \"unchanged\": 0,"
          " \"quarantined\": 0, \"mark_conflicts\": 0, \"shrink_refused\": 0}\n"
          "tags {\"total\": 11, \"marked\": 11, \"pending\": 0, \"removed\": 0, \"exported\": 11, \"unchanged\": 0,"
          " \"quarantined\": 1, \"mark_conflicts\": 0, \"shrink_refused\": 0}\n"
          "users {\"total\": 30, \"marked\": 30, \"pending\": 0, \"removed\": 0, \"exported\": 30, \"unchanged\": 0,"
          " \"quarantined\": 0, \"mark_conflicts\": 0, \"shrink_refused\": 0}\n");
    CHECK(columns() == "30 6");
}

TEST_CASE_METHOD(statistics, "run statistics: a run that failed before it had any counts none", "[statistics][db]") {
    exporter e{settings};
    REQUIRE(e.record({}, "no connection", "1.2.3"));
    CHECK(db.value("SELECT datasets FROM dwh.json_export_runs") == "{}");
    CHECK(columns() == "0 0");
}

TEST_CASE_METHOD(statistics, "run statistics: an older table takes what it has columns for", "[statistics][db]") {
    older_table();
    record(settings);
    CHECK(columns() == "30 6");
    auto const runs = recent(settings);
    REQUIRE(runs.size() == 1);
    CHECK(runs[0].exported == 36);
    CHECK(read_status(settings).runs.at(0).exported == 36);
}

TEST_CASE_METHOD(statistics, "run statistics: a table that becomes a new one meanwhile is used at once",
                 "[statistics][db]") {
    older_table();
    exporter e{settings};
    auto const report = e.run({});
    db.exec("ALTER TABLE dwh.json_export_runs ADD COLUMN datasets jsonb NOT NULL DEFAULT '{}'");
    REQUIRE(e.record(report, "", "1.2.3"));
    CHECK(db.value("SELECT datasets -> 'tags' ->> 'exported' FROM dwh.json_export_runs") == "12");
}

TEST_CASE_METHOD(statistics, "run statistics: profiles are counted over all datasets", "[statistics][db]") {
    ran_before();
    record(settings);
    auto const runs = recent(settings);
    REQUIRE(runs.size() == 2);
    CHECK(runs[0].exported == 36 + rows);
    CHECK(runs[1].exported == 7);
    CHECK(read_status(settings).runs.at(0).exported == 36 + rows);
}

TEST_CASE_METHOD(statistics, "run statistics: a dataset without counts, or with others, is none exported",
                 "[statistics][db]") {
    ran_before();
    for (std::string const odd :
         {R"({"a": {}, "b": 1, "c": {"removed": 3}})", R"([1, {"exported": 1}, "x"])", R"("exported")", "7", "null",
          R"({"a": {"exported": -5}, "b": {"exported": "many"}, "c": {"exported": 1e300}, "d": {"exported": null}})"}) {
        CAPTURE(odd);
        db.exec("UPDATE dwh.json_export_runs SET datasets = '" + odd + '\'');
        CHECK(read_status(settings).runs.at(0).exported == 0);
    }
    db.exec("UPDATE dwh.json_export_runs SET datasets = '{\"a\": {\"exported\": 2.5}, \"b\": {\"exported\": 3}}'");
    CHECK(read_status(settings).runs.at(0).exported == 5);
}
