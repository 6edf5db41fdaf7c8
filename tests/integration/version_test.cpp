#include "support/catch.hpp"

#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"

using namespace notes_export;
using test::export_fixture;

namespace {

struct version_fixture : export_fixture {
    std::string version_file() const { return file(".json_export_version"); }
    void write_version(std::string const& text) { std::ofstream{tree() / ".json_export_version"} << text; }
};

} // namespace

TEST_CASE_METHOD(version_fixture, "version: begins as 1.0.0", "[version][db]") {
    run();
    CHECK(version_file() == "1.0.0\n");
    CHECK(test::contains(file("metadata.json"), "\"version\": \"1.0.0\""));
}

TEST_CASE_METHOD(version_fixture, "version: a new column exports everything again and raises the minor number",
                 "[version][db]") {
    run();
    db.exec("ALTER TABLE dwh.datamartcountries ADD COLUMN history_2027_open integer DEFAULT 5");
    auto const report = run();
    CHECK(report.mode == cycle_mode::full);
    CHECK(report.reason == "columns changed");
    CHECK(report.version == "1.1.0");
    CHECK(version_file() == "1.1.0\n");
    CHECK(report.datasets.at(1).exported == 6);
    CHECK(test::contains(file("countries/" +
                              db.value("SELECT country_id FROM dwh.datamartcountries WHERE country_id > 0 LIMIT 1") +
                              ".json"),
                         "\"history_2027_open\":5}"));
    CHECK(verify().clean());
    CHECK(run().mode == cycle_mode::incremental);
}

TEST_CASE_METHOD(version_fixture, "version: a removed column raises the major number", "[version][db]") {
    run();
    db.exec("ALTER TABLE dwh.datamartcountries DROP COLUMN ranking_users_closing_2013");
    CHECK(run().version == "2.0.0");
    CHECK(verify().clean());
}

TEST_CASE_METHOD(version_fixture, "version: a retyped column raises the major number", "[version][db]") {
    run();
    db.exec("ALTER TABLE dwh.datamartcountries ALTER COLUMN mobile_apps_count TYPE bigint");
    CHECK(run().version == "2.0.0");
}

TEST_CASE_METHOD(version_fixture, "version: columns change between two cycles of one exporter", "[version][db]") {
    auto c = config();
    c.validation = validation_mode::off;
    exporter one{c};
    one.run({});
    for (auto const* change :
         {"ALTER COLUMN mobile_apps_count TYPE bigint", "ALTER COLUMN country_name TYPE varchar(200)",
          "ALTER COLUMN mobile_apps_count TYPE int[] USING ARRAY[mobile_apps_count]",
          "RENAME COLUMN mobile_apps_count TO \"apps \"\"counted\"\"\"", "DROP COLUMN \"apps \"\"counted\"\"\"",
          "ADD COLUMN x json DEFAULT '{\"a\" : 1}'"}) {
        INFO(change);
        db.exec(std::string{"ALTER TABLE dwh.datamartcountries "} + change);
        db.exec("UPDATE dwh.datamartcountries SET history_whole_open = history_whole_open + 1");
        auto const report = one.run({});
        CHECK(report.datasets.at(1).exported == 6);
        CHECK(notes_export::verify(c).clean());
    }
    CHECK(test::contains(file("countries/" +
                              db.value("SELECT country_id FROM dwh.datamartcountries WHERE country_id > 0 LIMIT 1") +
                              ".json"),
                         "\"x\":{\"a\" : 1}}"));
}

TEST_CASE_METHOD(version_fixture, "version: an operator's edit is published and kept", "[version][db]") {
    run();
    write_version("3.1.4");
    auto const report = run();
    CHECK(report.version == "3.1.4");
    CHECK(version_file() == "3.1.4");
    CHECK(test::contains(file("metadata.json"), "\"version\": \"3.1.4\""));
    CHECK(run().files_written == 0);
}

TEST_CASE_METHOD(version_fixture, "version: an operator's edit together with new columns is not raised further",
                 "[version][db]") {
    run();
    write_version("4.0.0\n");
    db.exec("ALTER TABLE dwh.datamartusers ADD COLUMN extra integer");
    CHECK(run().version == "4.0.0");
}

TEST_CASE_METHOD(version_fixture, "version: nonsense in the file is reported and the published version stays",
                 "[version][db]") {
    run();
    write_version("one point two\n");
    change_user(nth_user(0).key, 5);
    auto const report = run();
    CHECK(report.version == "1.0.0");
    REQUIRE(report.warnings.size() == 1);
    CHECK(test::contains(report.warnings[0], "\"one point two\" is not a version"));
    CHECK(version_file() == "one point two\n");
}

TEST_CASE_METHOD(version_fixture, "version: the file may be elsewhere", "[version][db]") {
    auto c = config();
    c.version_file = root / "etc-version";
    exporter{c}.run({});
    CHECK(test::read_file(root / "etc-version") == "1.0.0\n");
    CHECK_FALSE(has(".json_export_version"));
}

TEST_CASE_METHOD(version_fixture, "version: a view that is recreated with a new column shows it in every profile",
                 "[version][db]") {
    run();
    db.exec("DROP VIEW dwh.datamartusers_export; CREATE VIEW dwh.datamartusers_export AS SELECT d.*, 7 AS added_by_view"
            " FROM dwh.datamartusers d");
    CHECK(test::contains(run().reason, "of dwh.datamartusers_export"));
    CHECK(test::contains(file(nth_user(0).path), "\"added_by_view\":7"));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(version_fixture, "version: a view that is dropped gives way to the table", "[version][db]") {
    run();
    db.exec("DROP VIEW dwh.datamartusers_export");
    CHECK(run().mode == cycle_mode::full);
    CHECK(test::contains(file(nth_user(0).path), "\"history_2013_open\":"));
    CHECK(verify().clean());
    CHECK(run().mode == cycle_mode::incremental);
}
