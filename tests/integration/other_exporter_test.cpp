// The export script that was left in cron beside the daemon: what it does to rows and tree, and that it is named.
#include "support/catch.hpp"
#include "support/parsed_json.hpp"
#include "support/served_daemon.hpp"
#include "support/thrown_message.hpp"

#include <fstream>
#include <rapidjson/document.h>

namespace test {

namespace {

struct script_fixture : served_fixture {
    /// As the script does, which takes any row that is not marked for one that it has to export.
    void mark(std::int64_t key) {
        db.exec("SET application_name = 'psql'; UPDATE dwh.datamartusers SET json_exported = TRUE"
                " WHERE dimension_user_id = " +
                std::to_string(key) + "; RESET application_name");
    }
    void write_metadata() const {
        std::ofstream{tree() / "metadata.json"} << "{\n  \"export_date\": \"2026-05-01T12:00:00Z\",\n  \"version\": "
                                                   "\"1.4.2\",\n  \"schema_version\": \"1.0.0\"\n}\n";
    }
    std::size_t warnings() const {
        std::size_t n = 0;
        for (auto const& record : daemon->log())
            n += record.event == "other_exporter" && record.field("level") == "warning" ? 1U : 0U;
        return n;
    }
};

} // namespace

TEST_CASE_METHOD(export_fixture, "other exporter: a row that the script marked before us is published all the same",
                 "[other_exporter][db]") {
    run();
    auto const u = nth_user(3);
    change_user(u.key, 31337);
    db.exec("UPDATE dwh.datamartusers SET json_exported = TRUE WHERE dimension_user_id = " + std::to_string(u.key));
    REQUIRE(db.pending() == 0); // by its flag nothing waits
    auto const report = run();
    CHECK(report.other.rows == 1);
    CHECK(contains(report.other.by, "postgres, "));
    CHECK(users_of(report).exported == 1);
    CHECK(contains(file(u.path), "\"history_whole_open\":31337,"));
    CHECK(verify().clean());
    CHECK_FALSE(run().other.seen());
}

TEST_CASE_METHOD(export_fixture, "other exporter: one that marks while we export loses nothing",
                 "[other_exporter][db]") {
    notes_export::cycle_observer watching;
    run();
    auto const u = nth_user(3);
    change_user(u.key, 1);
    watching.entering = [&](notes_export::phase p) {
        if (p == notes_export::phase::publish) { // a change that is not in our snapshot, and is marked at once
            change_user(u.key, 31337);
            db.exec("UPDATE dwh.datamartusers SET json_exported = TRUE WHERE dimension_user_id = " +
                    std::to_string(u.key));
        }
    };
    CHECK(users_of(notes_export::exporter{config(), watching}.run({})).mark_conflicts == 1);
    CHECK(users_of(run()).exported == 1);
    CHECK(contains(file(u.path), "\"history_whole_open\":31337,"));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(export_fixture, "other exporter: our own marks are nobody else's, with any role",
                 "[other_exporter][db]") {
    for (auto const* const role : {"postgres", "osm_notes_exporter"}) {
        INFO(role);
        auto c = config();
        c.conninfo += std::string{" user="} + role;
        db.exec("UPDATE dwh.datamartusers SET json_exported = FALSE");
        auto const report = notes_export::exporter{c}.run({});
        CHECK(report.marked() > 0);
        CHECK_FALSE(report.other.seen());
        CHECK(db.number("SELECT count(*) FROM dwh.json_export_log WHERE key IS NOT NULL") == 0);
    }
}

TEST_CASE_METHOD(script_fixture, "other exporter: a tree that is taken over is no trace of another one",
                 "[other_exporter][db]") {
    std::filesystem::create_directories(tree());
    write_metadata();
    auto const report = run();
    CHECK(report.reason == "tree was made by another program");
    CHECK_FALSE(report.other.seen());
}

TEST_CASE_METHOD(script_fixture, "other exporter: it is named in log, status, page and figures, and by check",
                 "[other_exporter][http][db]") {
    start_settled();
    CHECK(metric("other_exporter_seen_timestamp_seconds") == 0);
    auto const u = nth_user(3);
    change_user(u.key, 31337);
    mark(u.key);
    serve(*daemon);
    CHECK(contains(file(u.path), "\"history_whole_open\":31337,"));
    CHECK(wait_until([&] { return warnings() == 1; }));
    CHECK(count_where(daemon->log(), "by", "postgres, psql") == 1);
    REQUIRE(wait_until([&] { return metric("other_exporter_seen_timestamp_seconds").value_or(0) > 1e9; }));
    std::string const said = "another program set json_exported of 1 row, the last one as postgres, psql";
    CHECK(contains(get("/").body, said));
    auto const page = parsed(get("/status.json").body);
    CHECK(page["other_exporter"]["by"] == "postgres, psql");
    CHECK(page["state"] == "remarks");
    auto const text = run_command({"status"});
    CHECK(text.status == 0);
    CHECK(contains(text.output, "Another    " + said));
    CHECK(contains(text.output, "ETL_RUN_JSON_EXPORT=false"));
    auto const asked = parsed(run_command({"status", "--json"}).output);
    CHECK(asked["other_exporter"]["rows"].GetInt() == 1);
    CHECK(contains(run_command({"check"}).output, "warning  exporter: " + said + ", seen last at 2"));

    mark(nth_user(4).key); // it is marked already: no trace
    change_user(u.key, 31338);
    mark(u.key);
    write_metadata();
    serve(*daemon);
    CHECK(contains(file(u.path), "\"history_whole_open\":31338,"));
    CHECK(contains(file("metadata.json"), "\"generation\""));
    CHECK(warnings() == 1); // told once an hour
    CHECK(wait_until([&] { return contains(get("/").body, "and wrote metadata.json into the tree"); }));
    CHECK(run_command({"verify"}).status == 0);
}

TEST_CASE_METHOD(script_fixture, "other exporter: once says so, too", "[other_exporter][db]") {
    REQUIRE(run_command({"once"}).status == 0);
    write_metadata();
    auto const r = run_command({"once"});
    CHECK(r.status == 0);
    CHECK(
        contains(r.output, "warning: another program wrote metadata.json into the tree; nothing is lost: switch off"));
}

} // namespace test
