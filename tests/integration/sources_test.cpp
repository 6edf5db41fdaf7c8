// Changes that fire no row trigger: each is published by the next cycle, and the reason says what changed.
#include "support/catch.hpp"

#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"
#include "support/wait_until.hpp"

#include <algorithm>
#include <notes_export/error.hpp>
#include <thread>

using namespace notes_export;
using test::contains;
using test::users_of;

namespace {

struct sources_fixture : test::export_fixture {
    sources_fixture() = default;

    /// A first export, a change that no row tells of, one cycle.
    std::string after(std::string const& statements, bool watched = true) {
        run();
        REQUIRE(run().reason == "nothing pending");
        db.exec(statements);
        auto const report = run();
        auto const found = verify();
        for (auto const& d : found.drifts)
            UNSCOPED_INFO(to_string(d.what) << ' ' << d.path);
        CHECK(found.clean());
        if (watched)
            CHECK(run().mode == cycle_mode::incremental);
        return report.reason;
    }
};

} // namespace

TEST_CASE_METHOD(sources_fixture, "sources: rows changed while triggers were disabled", "[sources][db]") {
    CHECK(contains(after("ALTER TABLE dwh.datamartusers DISABLE TRIGGER json_export_changed;"
                         "UPDATE dwh.datamartusers SET history_whole_open = 31337;"
                         "ALTER TABLE dwh.datamartusers ENABLE ALWAYS TRIGGER json_export_changed"),
                   "triggers of dwh.datamartusers changed"));
}

TEST_CASE_METHOD(sources_fixture, "sources: other columns of a joined table", "[sources][db]") {
    auto c = config();
    c.datasets.front().name_column = "user_id"; // another dataset than everybody has
    exporter{c}.run({});
    std::ranges::reverse(c.datasets.front().lookups.front().columns);
    CHECK(contains(exporter{c}.run({}).reason, "configuration of dataset users changed"));
    CHECK(notes_export::verify(c).clean());
}

TEST_CASE_METHOD(sources_fixture, "sources: triggers that fire less than they should are not trusted",
                 "[sources][db]") {
    run();
    db.exec("ALTER TABLE dwh.datamartusers DISABLE TRIGGER USER; ALTER TABLE dwh.datamartusers ENABLE TRIGGER USER");
    exporter e{config()};
    e.run({});
    e.run({});
    CHECK(e.run({}).reason == "nothing pending");
    CHECK(contains(read_status(config()).missing.at(0), "json_export_"));
    db.exec("SET session_replication_role = replica; UPDATE dwh.datamartusers SET history_whole_open = 31337;"
            "RESET session_replication_role");
    CHECK(contains(e.run({}).reason, "rows of dwh.datamartusers changed"));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(sources_fixture, "sources: a column's type that keeps its name or rewrites the table",
                 "[sources][db]") {
    std::string const type = GENERATE("numeric(12,1)", "numeric(12,4)", "double precision");
    // The view stands in the way of ALTER TYPE.
    CHECK(contains(after("BEGIN; CREATE TEMP TABLE def AS SELECT pg_get_viewdef('dwh.datamartusers_export') AS d;"
                         "DROP VIEW dwh.datamartusers_export;"
                         "ALTER TABLE dwh.datamartusers ALTER COLUMN avg_days_to_resolution TYPE " +
                         type +
                         "; DO $$ BEGIN EXECUTE 'CREATE VIEW dwh.datamartusers_export AS ' || (SELECT d FROM def); END"
                         " $$; COMMIT"),
                   "change"));
}

TEST_CASE_METHOD(sources_fixture, "sources: an enum's label, a composite's attribute", "[sources][db]") {
    db.exec("CREATE TYPE dwh.mood AS ENUM ('calm', 'loud'); CREATE TYPE dwh.pair AS (a int, b text);"
            "CREATE DOMAIN dwh.deep AS dwh.pair[]; DROP VIEW dwh.datamartusers_export;"
            "ALTER TABLE dwh.datamartusers ADD mood dwh.mood DEFAULT 'calm', ADD pair dwh.pair DEFAULT '(1,x)',"
            " ADD deep dwh.deep DEFAULT ARRAY['(1,x)']::dwh.pair[]");
    CHECK(contains(after("ALTER TYPE dwh.mood RENAME VALUE 'calm' TO 'quiet'"), "type dwh.mood changed"));
    CHECK(contains(file(nth_user(1).path), "\"quiet\""));
    CHECK(contains(after("ALTER TYPE dwh.pair RENAME ATTRIBUTE a TO c"), "type dwh.pair"));
    CHECK(contains(file(nth_user(1).path), "{\"c\":1,"));
}

TEST_CASE_METHOD(sources_fixture, "sources: a table of names that is dropped and replaced, and changed later",
                 "[sources][db]") {
    CHECK(contains(after("BEGIN; CREATE TABLE dwh.n AS SELECT contributor_type_id, 'new ' || contributor_type_name AS"
                         " contributor_type_name, contributor_type_name_en FROM dwh.contributor_types;"
                         "DROP TABLE dwh.contributor_types; ALTER TABLE dwh.n RENAME TO contributor_types;"
                         "GRANT SELECT ON dwh.contributor_types TO PUBLIC; COMMIT",
                         false),
                   "dwh.contributor_types"));
    CHECK(contains(read_status(config()).missing.at(0), "dwh.contributor_types"));
    exporter e{config()};
    e.run({});
    db.exec("UPDATE dwh.contributor_types SET contributor_type_name = 'later'");
    CHECK(contains(e.run({}).reason, "rows of dwh.contributor_types changed, which no trigger watches"));
    CHECK(contains(file(nth_user(0).path), "\"later\""));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(sources_fixture, "sources: a function that the view calls", "[sources][db]") {
    db.exec("CREATE FUNCTION dwh.shout(text) RETURNS text LANGUAGE sql AS 'SELECT upper($1)';"
            "DROP VIEW dwh.datamartusers_export; CREATE VIEW dwh.datamartusers_export AS SELECT d.*,"
            " dwh.shout('x') AS shouted FROM dwh.datamartusers d");
    CHECK(contains(after("CREATE OR REPLACE FUNCTION dwh.shout(text) RETURNS text LANGUAGE sql AS"
                         " 'SELECT upper($1) || ''!'''"),
                   "function dwh.shout(text) changed"));
    CHECK(contains(file(nth_user(1).path), "\"X!\""));
}

TEST_CASE_METHOD(sources_fixture, "sources: a materialized view, refreshed in place or not", "[sources][db]") {
    db.exec("CREATE TEMP TABLE def AS SELECT pg_get_viewdef('dwh.datamartusers_export') AS d;"
            "DROP VIEW dwh.datamartusers_export; DO $$ BEGIN EXECUTE 'CREATE MATERIALIZED VIEW"
            " dwh.datamartusers_export AS ' || (SELECT rtrim(d, ';') FROM def); END $$;"
            "CREATE UNIQUE INDEX ON dwh.datamartusers_export (dimension_user_id)");
    exporter e{config()};
    e.run({});
    e.run({});
    std::string const how = GENERATE("", "CONCURRENTLY");
    auto const u = nth_user(4);
    change_user(u.key, 31337);
    e.run({});
    db.exec("REFRESH MATERIALIZED VIEW " + how + " dwh.datamartusers_export");
    e.run({});
    CHECK(contains(file(u.path), "31337"));
    CHECK(verify().clean());
    CHECK(e.run({}).reason == "nothing pending");
}

TEST_CASE_METHOD(sources_fixture, "sources: a view of somebody else is not used", "[sources][db]") {
    run();
    db.exec("DROP ROLE IF EXISTS stranger_to_views; CREATE ROLE stranger_to_views;"
            "ALTER VIEW dwh.datamartusers_export OWNER TO stranger_to_views");
    auto const report = run();
    CHECK(contains(report.warnings.at(0), "view datamartusers_export is not used"));
    CHECK(contains(file(nth_user(0).path), "\"history_2013_open\":"));
    db.exec("DROP OWNED BY stranger_to_views; DROP ROLE stranger_to_views");
}

TEST_CASE_METHOD(sources_fixture, "sources: what only the view's owner may read is published, and told of",
                 "[sources][db]") {
    db.exec("CREATE SCHEMA other; CREATE TABLE other.names (name text); INSERT INTO other.names VALUES ('first');"
            "DROP VIEW dwh.datamartusers_export; CREATE VIEW dwh.datamartusers_export AS"
            " SELECT d.*, (SELECT name FROM other.names) AS extra FROM dwh.datamartusers d;"
            "GRANT SELECT ON dwh.datamartusers_export TO osm_notes_exporter");
    auto c = config();
    c.conninfo += " user=osm_notes_exporter";
    exporter e{c};
    CHECK(contains(e.run({}).warnings.at(0), "changed rows of other.names are not seen"));
    change_user(nth_user(1).key, 31337);
    auto const next = e.run({});
    CHECK(users_of(next).exported == 1);
    CHECK(next.warnings.empty());
    db.exec("UPDATE other.names SET name = 'second'");
    CHECK(users_of(e.run({.full = true})).exported == 30);
    db.exec("GRANT USAGE ON SCHEMA other TO osm_notes_exporter; GRANT SELECT ON other.names TO osm_notes_exporter");
    e.run({});
    db.exec("UPDATE other.names SET name = 'third'");
    CHECK(users_of(e.run({})).exported == 30);
    db.exec("DROP SCHEMA other CASCADE");
}

TEST_CASE_METHOD(test::export_fixture, "sources: tables of somebody else with the names of ours are not written to",
                 "[sources][db]") {
    db.exec("DROP ROLE IF EXISTS stranger_to_tables; CREATE ROLE stranger_to_tables;"
            "ALTER TABLE dwh.json_export_state OWNER TO stranger_to_tables;"
            "CREATE FUNCTION dwh.trap() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN RAISE EXCEPTION ''it ran''; END';"
            "CREATE TRIGGER trap BEFORE UPDATE ON dwh.json_export_state FOR EACH ROW EXECUTE FUNCTION dwh.trap()");
    run();
    change_user(nth_user(1).key, 31337);
    CHECK(users_of(run()).exported == 1);
    CHECK(read_status(config()).missing == std::vector<std::string>{"table json_export_state"});
    db.exec("DROP OWNED BY stranger_to_tables CASCADE; DROP ROLE stranger_to_tables");
}

TEST_CASE_METHOD(sources_fixture, "sources: a mark that changes rows is noticed, and what it changed is published",
                 "[sources][db]") {
    db.exec("DROP VIEW dwh.datamartusers_export; ALTER TABLE dwh.datamartusers ADD updated_at timestamptz;"
            "CREATE FUNCTION dwh.touch() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN NEW.updated_at := clock_timestamp(); RETURN NEW; END';"
            "CREATE TRIGGER zz_touch BEFORE UPDATE ON dwh.datamartusers FOR EACH ROW EXECUTE FUNCTION dwh.touch()");
    auto const report = run();
    CHECK(std::ranges::any_of(report.warnings, [](auto const& text) {
        return contains(text, "datamartusers: marking changed 30 rows, because of the trigger zz_touch");
    }));
    CHECK(db.pending() == 0);
    CHECK(verify().clean());
    auto const before = files();
    CHECK(run().reason == "nothing pending");
    CHECK(touched(before, files()).empty());
    change_user(nth_user(1).key, 31337);
    run();
    CHECK(verify().clean());
}

TEST_CASE_METHOD(sources_fixture, "sources: a view that is away for a moment is waited for", "[sources][db]") {
    run();
    auto const before = files();
    auto const definition = db.value("SELECT pg_get_viewdef('dwh.datamartusers_export')");
    db.exec("DROP VIEW dwh.datamartusers_export");
    change_user(nth_user(1).key, 31337);
    SECTION("and comes back") {
        auto c = config();
        c.view_grace = std::chrono::minutes{1};
        exporter e{c};
        std::jthread const later{[&] {
            test::wait_until([&] {
                return db.number("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'test: reader%'"
                                 " AND datname = current_database()") > 0;
            });
            db.exec("CREATE VIEW dwh.datamartusers_export AS " + definition);
        }};
        CHECK(e.run({}).mode == cycle_mode::incremental);
        CHECK(touched(before, files()).size() == 3); // profile, index, metadata
        CHECK(verify().clean());
    }
    SECTION("and does not") {
        auto c = config();
        c.view_grace = std::chrono::milliseconds{300};
        auto const report = exporter{c}.run({});
        CHECK(report.mode == cycle_mode::full);
        CHECK(contains(report.warnings.at(0), "view datamartusers_export is gone"));
        CHECK(verify().clean());
    }
    SECTION("and a request to stop ends the wait") {
        std::stop_source stop;
        auto c = config();
        c.view_grace = std::chrono::hours{1};
        exporter e{c};
        std::jthread const later{[&] { stop.request_stop(); }};
        CHECK_THROWS_AS(e.run({}, stop.get_token()), cancelled);
    }
}
