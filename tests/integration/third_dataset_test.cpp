// A dataset that is no part of the published format: everything that users and countries have, it has too.
#include "support/catch.hpp"

#include "notes_export/error.hpp"
#include "notes_export/published_profile.hpp"
#include "support/third_dataset.hpp"
#include "support/thrown_message.hpp"

#include <algorithm>

using namespace notes_export;
using test::contains;
using test::tags;

namespace {

/// With triggers, and without: then rows are compared. Either way one exporter goes through its whole life.
struct life : test::third_dataset_fixture {
    bool const watched = GENERATE(false, true);
    exporter one{settings};

    life() {
        if (watched)
            install();
        one.run({});
    }
    void limit(std::uint64_t bytes) {
        settings.index_max_size = bytes;
        one.reconfigure(settings);
    }
    std::uint64_t largest_index() const {
        std::uint64_t bytes = 0;
        for (auto const& d : settings.datasets)
            bytes = std::max<std::uint64_t>(bytes, std::filesystem::file_size(tree() / d.index_path));
        return bytes;
    }
};

} // namespace

TEST_CASE_METHOD(test::third_dataset_fixture, "third dataset: a first export publishes it like all others",
                 "[third_dataset][db]") {
    auto const report = exporter{settings}.run({});
    CHECK(tags_of(report).name == "tags");
    CHECK(tags_of(report).exported == rows);
    CHECK(tags_of(report).marked == rows);
    CHECK(report.exported() == 36 + rows);
    CHECK(pending_tags() == 0);
    CHECK(file(path(3)) == "{\"dimension_tag_id\":3,\"tag_id\":1003,\"tag\":\"tag 3\",\"used\":30,"
                           "\"example\":{\"note\" : 1}}\n");
    CHECK(index().starts_with("[{\"tag_id\":1012,\"tag\":\"tag 12\",\"used\":120}, \n {\"tag_id\":1011,"));
    CHECK(contains(file("metadata.json"), "\"total_countries\": 6,\n  \"total_tags\": 12,"));
    CHECK(file("tag_of_the_day.json") == "{\"tag\":\"tag 1\",\"since\":\"2026-01-01\"}\n");
    CHECK(verify().clean());
    CHECK(read_published_profile(tree(), tags(), 1003, 1000) == file(path(3)));
    CHECK_FALSE(read_published_profile(tree(), tags(), 1013, 1000));
}

TEST_CASE_METHOD(life, "third dataset: a change touches its profile, its index and metadata.json",
                 "[third_dataset][db]") {
    auto const before = files();
    use(3, 777);
    auto const report = one.run({});
    CHECK(report.mode == (watched ? cycle_mode::incremental : cycle_mode::full));
    CHECK(tags_of(report).exported == 1);
    CHECK(test::touched(before, files()) == std::set<std::string>{path(3), tags().index_path, "metadata.json"});
    CHECK(contains(file(path(3)), "\"used\":777,"));
    CHECK(index().starts_with("[{\"tag_id\":1003,"));
    CHECK(verify().clean());
    CHECK_FALSE(one.run({}).published);
}

TEST_CASE_METHOD(life, "third dataset: a row of its dimension that is modified is rendered again",
                 "[third_dataset][db]") {
    db.exec("UPDATE dwh.dimension_tags SET modified = true WHERE dimension_tag_id = 3");
    auto const report = one.run({});
    CHECK(tags_of(report).unchanged == (watched ? 1 : rows));
    CHECK_FALSE(report.published);
}

TEST_CASE_METHOD(life, "third dataset: rows that go, come, or get another id", "[third_dataset][db]") {
    db.exec("DELETE FROM dwh.datamarttags WHERE dimension_tag_id = 1;"
            "UPDATE dwh.datamarttags SET tag_id = 5000 WHERE dimension_tag_id = 2;"
            "INSERT INTO dwh.datamarttags (dimension_tag_id, tag_id, tag, used) VALUES (20, 1020, 'new', 0)");
    auto const report = one.run({});
    CHECK(tags_of(report).removed == 2);
    CHECK(tags_of(report).exported == 2);
    CHECK(tags_of(report).total == 12);
    CHECK_FALSE(has(path(1)));
    CHECK_FALSE(has(path(2)));
    CHECK(has(path(20)));
    CHECK_FALSE(contains(index(), "\"tag_id\":1001,"));
    CHECK(contains(index(), "\"tag_id\":5000,"));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(life, "third dataset: the shrink guard holds it and lets the others go on", "[third_dataset][db]") {
    db.exec("TRUNCATE dwh.datamarttags; UPDATE dwh.datamartcountries SET history_whole_open = 987654");
    auto const report = one.run({});
    CHECK(tags_of(report).shrink_refused == rows);
    REQUIRE(report.warnings.size() == 1);
    CHECK(contains(report.warnings[0], "shrink guard: 12 of 12 tags"));
    CHECK(report.datasets.at(1).exported == 6);
    CHECK(has(path(1)));
    CHECK(contains(file("metadata.json"), "\"total_tags\": 12,"));

    CHECK(tags_of(one.run({.full = true, .allow_shrink = true})).removed == rows);
    CHECK(index() == "[]\n");
    CHECK(contains(file("metadata.json"), "\"total_tags\": 0,"));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(life, "third dataset: a row that does not fit its schema is kept out until it does",
                 "[third_dataset][db]") {
    auto const before = file(path(3));
    use(3, -1);
    auto const report = one.run({});
    REQUIRE(report.quarantined.size() == 1);
    CHECK(report.quarantined[0].dataset == "tags");
    CHECK(report.quarantined[0].name == "tag 3");
    CHECK(report.quarantined[0].pointer == "/used");
    CHECK(report.validation_failures == std::map<std::string, std::size_t>{{"tag-profile.schema.json", 1}});
    CHECK(file(path(3)) == before);
    auto const status = read_status(settings).datasets.at(2);
    CHECK(status.quarantined == 1);
    CHECK(status.pending == 0);

    use(3, 31);
    auto const released = one.run({});
    CHECK(released.in_quarantine() == 0);
    CHECK(contains(file(path(3)), "\"used\":31,"));
    CHECK(pending_tags() == 0);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(life, "third dataset: an index that is too large stays the old one", "[third_dataset][db]") {
    auto const before = index();
    limit(largest_index() + 100);
    db.exec("UPDATE dwh.datamarttags SET tag = repeat('x', 100000) WHERE dimension_tag_id = 4");
    auto const report = one.run({});
    REQUIRE(report.refused_indexes.size() == 1);
    CHECK(report.refused_indexes[0].dataset == "tags");
    CHECK(report.refused_indexes[0].path == tags().index_path);
    CHECK(index() == before);
    CHECK(std::filesystem::file_size(tree() / path(4)) > 100'000);
    CHECK(read_status(settings).refused_indexes.size() == 1);
    limit(0);
    CHECK(tags_of(one.run({})).index_written);
    CHECK(read_status(settings).refused_indexes.empty());
    CHECK(verify().clean());
}

TEST_CASE_METHOD(life, "third dataset: status counts its rows", "[third_dataset][db]") {
    db.exec("UPDATE dwh.datamarttags SET json_exported = false WHERE dimension_tag_id < 3");
    auto const status = read_status(settings);
    REQUIRE(status.datasets.size() == 3);
    CHECK(status.datasets[2].name == "tags");
    CHECK(status.datasets[2].rows == rows);
    CHECK(status.datasets[2].pending == 2);
    CHECK(status.installed == watched);
    auto const told =
        db.value("SELECT string_agg(concat_ws(' ', dataset, rows, pending), ', ') FROM dwh.json_export_status");
    CHECK(told == (watched ? "users 30 0, countries 6 0, tags 12 2" : "users 30 0, countries 6 0"));
}

TEST_CASE_METHOD(test::third_dataset_fixture, "third dataset: one that comes later is published whole",
                 "[third_dataset][db]") {
    run();
    auto const before = files();
    auto const report = exporter{settings}.run({});
    CHECK(tags_of(report).exported == rows);
    auto const others = [](std::string const& p) {
        return !p.starts_with("tag") && p != tags().index_path && p != "metadata.json" && p != ".json_export_version";
    };
    CHECK(std::ranges::none_of(test::touched(before, files()), others));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(test::third_dataset_fixture, "third dataset: without its table the cycle says so and changes nothing",
                 "[third_dataset][db]") {
    exporter one{settings};
    one.run({});
    auto const before = files();
    db.exec("DROP TABLE dwh.datamarttags");
    CHECK(contains(test::thrown_message([&] { one.run({}); }), "relation \"dwh.datamarttags\" does not exist"));
    CHECK(test::touched(before, files()).empty());
}

TEST_CASE_METHOD(test::third_dataset_fixture, "third dataset: json_export_watch() is all that it takes in the database",
                 "[third_dataset][db]") {
    auto const shape = [&] {
        return db.psql(
            "SELECT tgrelid::regclass, tgname, tgenabled, xmin FROM pg_trigger WHERE tgname ~ '^json_export_'"
            " ORDER BY 1, 2; SELECT oid, relname, relacl FROM pg_class WHERE relname ~ '^json_export_' ORDER BY 1;"
            "SELECT proname, prosrc FROM pg_proc WHERE proname ~ '^json_export_' ORDER BY 1");
    };
    auto const count = [&](std::string const& what) { return db.number("SELECT count(*) FROM " + what); };
    auto const before = count("pg_trigger WHERE tgname ~ '^json_export_' AND tgrelid = 'dwh.datamarttags'::regclass");
    CHECK(before == 0);
    install();
    for (std::string const pair : {"datamart", "dimension_"})
        CHECK(count("pg_trigger WHERE tgrelid = 'dwh." + pair + "tags'::regclass AND tgname ~ '^json_export_'") ==
              count("pg_trigger WHERE tgrelid = 'dwh." + pair + "users'::regclass AND tgname ~ '^json_export_'"));
    CHECK(db.value("SELECT has_column_privilege('osm_notes_exporter', 'dwh.datamarttags', 'json_exported', 'UPDATE')"
                   " AND has_table_privilege('osm_notes_exporter', 'dwh.datamarttags', 'SELECT')"
                   " AND NOT has_column_privilege('osm_notes_exporter', 'dwh.datamarttags', 'tag', 'UPDATE')") == "t");
    auto const installed = shape();
    install();
    CHECK(shape() == installed);

    psql_file(EXPORTD_SOURCE_DIR "/sql/uninstall.sql");
    CHECK(count("pg_trigger WHERE tgname ~ '^json_export_'") == 0);
    CHECK(count("pg_proc WHERE proname ~ '^json_export_'") == 0);
    CHECK(count("pg_class WHERE relname ~ '^json_export_'") == 0);
    CHECK(db.value("SELECT has_any_column_privilege('osm_notes_exporter', 'dwh.datamarttags', 'SELECT, UPDATE')") ==
          "f");
}

TEST_CASE_METHOD(test::third_dataset_fixture, "third dataset: columns of names that SQL and JSON mean something by",
                 "[third_dataset][db]") {
    db.exec("ALTER TABLE dwh.datamarttags RENAME dimension_tag_id TO count;"
            "ALTER TABLE dwh.dimension_tags RENAME dimension_tag_id TO count;"
            "ALTER TABLE dwh.datamarttags RENAME used TO \"us\"\"ed\\\"");
    auto& odd = settings.datasets.back();
    odd.key_column = "count";
    odd.index_columns = {"tag_id", "tag", "us\"ed\\"};
    odd.index_order = {"us\"ed\\"};
    odd.index_schema = "";
    std::ofstream{settings.schema_dir / odd.profile_schema}
        << R"({"type":"object","properties":{"us\"ed\\":{"type":"integer","minimum":0}}})";
    exporter e{settings};
    e.run({});
    CHECK(verify().clean());
    db.exec("UPDATE dwh.datamarttags SET \"us\"\"ed\\\" = -1, json_exported = false WHERE tag_id = 1003");
    CHECK(e.run({}).in_quarantine() == 1);
    CHECK(contains(index(), R"({"tag_id":1003,"tag":"tag 3","us\"ed\\":30})"));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(test::third_dataset_fixture, "third dataset: a joined column has a name of its own",
                 "[third_dataset][db]") {
    settings.datasets.back().lookups = {{.table = "dimension_tags",
                                         .local_column = "dimension_tag_id",
                                         .key_column = "dimension_tag_id",
                                         .columns = {"modified", "tag"}}};
    auto const message = test::thrown_message([&] { exporter{settings}.run({}); });
    CHECK(contains(message, "profiles of tags would have two members \"tag\" ([dataset tags] omit"));
    settings.datasets.back().lookups.back().columns = {"modified"};
    CHECK(exporter{settings}.run({}).exported() == 36 + rows);
}

TEST_CASE_METHOD(test::third_dataset_fixture, "third dataset: a document of one of its rows is without the flag",
                 "[third_dataset][db]") {
    install();
    settings.documents.push_back({.path = "first.json",
                                  .table = "datamarttags",
                                  .key_column = "dimension_tag_id",
                                  .key = 1,
                                  .columns = {},
                                  .schema = "",
                                  .schema_optional = true});
    exporter e{settings};
    e.run({});
    use(1, 7);
    e.run({});
    CHECK(file("first.json") == "{\"dimension_tag_id\":1,\"tag_id\":1001,\"tag\":\"tag 1\",\"used\":7,"
                                "\"example\":{\"note\" : 1}}\n");
    CHECK(verify().clean());
}

TEST_CASE_METHOD(test::third_dataset_fixture,
                 "third dataset: twins that are made no more go from its former place, too",
                 "[third_dataset][twins][db]") {
    settings.twins.kinds.add(compression::gzip);
    exporter{settings}.run({});
    auto const before = path(3);
    settings.datasets.back().path = "labels/{id}.json";
    exporter{settings}.run({});
    REQUIRE(has(before + ".gz"));
    settings.twins.kinds = {};
    exporter{settings}.run({});
    CHECK(has(before));
    CHECK_FALSE(has(before + ".gz"));
    exporter{settings}.run({.full = true, .allow_shrink = true});
    CHECK_FALSE(has(before));
}
