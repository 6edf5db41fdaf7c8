#include "support/catch.hpp"

#include "notes_export/error.hpp"
#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"

#include <rapidjson/document.h>

using namespace notes_export;
using test::users_of;

namespace {

struct bad_row : test::export_fixture {
    bad_row() { run(); }

    user u = nth_user(6);
    void set(std::string const& assignment) {
        db.exec("UPDATE dwh.datamartusers SET " + assignment + " WHERE dimension_user_id = " + std::to_string(u.key));
    }

    /// The row is refused: old file and flag stay, another change goes through.
    void refused(std::string const& pointer, std::string const& keyword) {
        auto const before = test::identity(tree() / u.path);
        change_user(nth_user(1).key, 4444);
        auto const report = run();
        CHECK(users_of(report).exported == 1);
        CHECK(users_of(report).quarantined == 1);
        REQUIRE(report.quarantined.size() == 1);
        CHECK(report.quarantined[0].id == u.id);
        CHECK(report.quarantined[0].pointer == pointer);
        CHECK(report.quarantined[0].keyword == keyword);
        CHECK(test::identity(tree() / u.path) == before);
        CHECK(db.pending() == 1);
        CHECK(test::contains(file(".exportd/quarantine.json"), "\"id\":" + std::to_string(u.id)));
    }

    /// The row is published with this text in it.
    void published(std::string const& text) {
        auto const report = run();
        CHECK(report.in_quarantine() == 0);
        CHECK(users_of(report).exported == 1);
        CHECK(test::contains(file(u.path), text));
        CHECK(db.pending() == 0);
        rapidjson::Document d;
        d.Parse(file(u.path).c_str());
        CHECK_FALSE(d.HasParseError());
        CHECK(verify().clean());
    }
};

} // namespace

TEST_CASE_METHOD(bad_row, "bad rows: a null username is refused", "[bad][db]") {
    set("username = NULL");
    refused("/username", "type");
}

TEST_CASE_METHOD(bad_row, "bad rows: an empty username is refused", "[bad][db]") {
    set("username = ''");
    refused("/username", "minLength");
}

TEST_CASE_METHOD(bad_row, "bad rows: a negative counter is refused", "[bad][db]") {
    set("history_whole_closed = -1");
    refused("/history_whole_closed", "minimum");
}

TEST_CASE_METHOD(bad_row, "bad rows: NaN is refused", "[bad][db]") {
    set("avg_days_to_resolution = 'NaN'");
    refused("/avg_days_to_resolution", "type");
}

TEST_CASE_METHOD(bad_row, "bad rows: an infinite date is refused", "[bad][db]") {
    set("date_starting_creating_notes = 'infinity'");
    refused("/date_starting_creating_notes", "pattern");
}

TEST_CASE_METHOD(bad_row, "bad rows: a JSON column of the wrong shape is refused", "[bad][db]") {
    set("dates_most_open = '{\"date\": 5}'");
    refused("/dates_most_open", "type");
}

TEST_CASE_METHOD(bad_row, "bad rows: a wrong value inside a JSON column is refused", "[bad][db]") {
    set("working_hours_of_week_opening = '[{\"day_of_week\": 9, \"hour_of_day\": 1, \"count\": 1}]'");
    refused("/working_hours_of_week_opening/0/day_of_week", "maximum");
}

TEST_CASE_METHOD(bad_row, "bad rows: a key twice in a JSON column is refused", "[bad][db]") {
    set("notes_age_distribution = '{\"a\": 1, \"a\": 2}'");
    refused("/notes_age_distribution/a", "duplicate-key");
}

TEST_CASE_METHOD(bad_row, "bad rows: a string of a megabyte is published", "[bad][db]") {
    set("username = repeat('x', 1000000)");
    published(std::string(1000, 'x'));
}

TEST_CASE_METHOD(bad_row, "bad rows: control characters and separators in a name are published escaped", "[bad][db]") {
    set(R"(username = E'a|b\nc\td\u0001e\u2028f"g\\h')");
    published("\"username\":\"a|b\\nc\\td\\u0001e\xE2\x80\xA8"
              "f\\\"g\\\\h\"");
}

TEST_CASE_METHOD(bad_row, "bad rows: numbers keep every digit", "[bad][db]") {
    db.exec("DROP VIEW dwh.datamartusers_export");
    db.exec("ALTER TABLE dwh.datamartusers ALTER COLUMN avg_comment_length TYPE numeric");
    run();
    set("avg_comment_length = 12345678901234567890123.4500");
    published("\"avg_comment_length\":12345678901234567890123.4500,");
}

TEST_CASE_METHOD(bad_row, "bad rows: a refused row is tried again when it changes, and not before", "[bad][db]") {
    set("history_whole_closed = -1");
    exporter e{config()};
    CHECK(e.run({}).quarantined.size() == 1);
    auto const quiet = e.run({});
    CHECK(quiet.quarantined.empty());
    CHECK(users_of(quiet).quarantined == 1);
    CHECK_FALSE(quiet.published);
    set("history_whole_closed = 12");
    auto const mended = e.run({});
    CHECK(users_of(mended).exported == 1);
    CHECK(users_of(mended).quarantined == 0);
    CHECK(db.pending() == 0);
    CHECK(file(".exportd/quarantine.json") == "[]\n");
    CHECK(verify().clean());
}

TEST_CASE_METHOD(bad_row, "bad rows: a refused new user is in no index and no total until it is mended", "[bad][db]") {
    db.exec(
        "INSERT INTO dwh.dimension_users (dimension_user_id, user_id, username, modified, is_current) VALUES"
        " (900001, 5, 'five', FALSE, TRUE);"
        "INSERT INTO dwh.datamartusers (dimension_user_id, user_id, username, id_contributor_type, history_whole_open,"
        " history_whole_closed) VALUES (900001, 5, 'five', 1, -3, 0)");
    auto const report = run();
    CHECK(users_of(report).quarantined == 1);
    CHECK_FALSE(has("users/0/0/5/5.json"));
    CHECK_FALSE(test::contains(file("indexes/users.json"), "\"user_id\":5,"));
    CHECK(test::contains(file("metadata.json"), "\"total_users\": 30,"));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(bad_row, "bad rows: a row that the export view leaves out is reported, not lost", "[bad][db]") {
    db.exec(
        "INSERT INTO dwh.datamartusers (dimension_user_id, user_id, username, id_contributor_type, history_whole_open,"
        " history_whole_closed) VALUES (900001, 5, 'five', 1, 3, 0)");
    db.exec("DO $$ DECLARE v text := pg_get_viewdef('dwh.datamartusers_export'); BEGIN EXECUTE 'CREATE OR REPLACE VIEW"
            " dwh.datamartusers_export AS SELECT * FROM (' || rtrim(v, ';') || ') q WHERE user_id <> 5'; END $$");
    auto const report = run();
    REQUIRE(report.quarantined.size() == 1);
    CHECK(test::contains(report.quarantined[0].detail, "not in datamartusers_export"));
    CHECK_FALSE(has("users/0/0/5/5.json"));
}

TEST_CASE_METHOD(bad_row, "bad rows: strict validation fails the cycle and publishes nothing", "[bad][db]") {
    set("history_whole_closed = -1");
    change_user(nth_user(1).key, 4444);
    auto const before = files();
    auto c = config();
    c.validation = validation_mode::strict;
    auto const message = test::thrown_message([&] { exporter{c}.run({}); });
    CHECK(
        test::contains(message, "user " + std::to_string(u.id) + " does not fit user-profile.schema.json: minimum at"));
    CHECK(files() == before);
    CHECK(db.pending() == 2);
}

TEST_CASE_METHOD(bad_row, "bad rows: without validation they are published", "[bad][db]") {
    set("history_whole_closed = -1");
    auto c = config();
    c.validation = validation_mode::off;
    c.schema_dir = "/nonexistent";
    CHECK(users_of(exporter{c}.run({})).exported == 1);
    CHECK(test::contains(file(u.path), "\"history_whole_closed\":-1"));
}

TEST_CASE_METHOD(bad_row, "bad rows: a global row that readers cannot use keeps the old file, and is reported once",
                 "[bad][db]") {
    auto const before = file("global_stats.json");
    db.exec("UPDATE dwh.datamartglobal SET resolution_rate = NULL");
    exporter e{config()};
    auto const report = e.run({});
    CHECK(report.warnings.size() == 2); // global_stats.json and its summary
    CHECK(test::contains(report.warnings.at(0), "global_stats.json does not fit"));
    CHECK(file("global_stats.json") == before);
    auto const again = e.run({});
    CHECK(again.warnings.empty());
    REQUIRE(again.refused_documents.size() == 2); // for as long as it lasts
    CHECK(again.refused_documents.at(0).path == "global_stats.json");
    CHECK(again.refused_documents.at(0).reason == report.refused_documents.at(0).reason);
    db.exec("UPDATE dwh.datamartglobal SET resolution_rate = 50");
    CHECK(e.run({}).refused_documents.empty());
    CHECK(file("global_stats.json") != before);
}

TEST_CASE_METHOD(bad_row, "bad rows: unusable schemas keep the old set when settings are taken over", "[bad][db]") {
    exporter e{config()};
    auto c = config();
    c.schema_dir = root / "no-schemas";
    CHECK_THROWS_AS(e.reconfigure(c), schema_error);
    set("history_whole_closed = -1");
    CHECK(users_of(e.run({})).quarantined == 1);
}
