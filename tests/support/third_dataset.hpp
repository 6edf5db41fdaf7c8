#pragma once

#include "support/export_fixture.hpp"
#include "support/temporary_directory.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace test {

/// A kind of entity that nobody has thought of: "tags", with as many rows, their dimension, and a document beside them.
inline notes_export::dataset tags() {
    return {.name = "tags",
            .singular = "tag",
            .table = "datamarttags",
            .view = "",
            .dimension = "dimension_tags",
            .current_column = "",
            .key_column = "dimension_tag_id",
            .id_column = "tag_id",
            .name_column = "tag",
            .lookups = {},
            .path = "tags/{h3}/{id}.json",
            .index_path = "indexes/tags.json",
            .index_columns = {"tag_id", "tag", "used"},
            .index_order = {"used"},
            .profile_schema = "tag-profile.schema.json",
            .index_schema = "tag-index.schema.json"};
}

inline notes_export::document tag_of_the_day() {
    return {.path = "tag_of_the_day.json",
            .table = "tag_of_the_day",
            .key_column = "day",
            .key = 1,
            .columns = {"tag", "since"},
            .schema = "tag-of-the-day.schema.json",
            .schema_optional = false};
}

/// The small database, its tree, and a third dataset in both. Nothing watches it: see install().
struct third_dataset_fixture : export_fixture {
    static constexpr int rows = 12; // more than the shrink guard lets go
    notes_export::export_config settings = config();

    third_dataset_fixture() {
        db.exec("CREATE TABLE dwh.dimension_tags (dimension_tag_id serial PRIMARY KEY, tag_id int, tag text,"
                " modified boolean);"
                "CREATE TABLE dwh.datamarttags (dimension_tag_id int PRIMARY KEY, tag_id int, tag text, used int,"
                " example json, json_exported boolean DEFAULT false);"
                "CREATE TABLE dwh.tag_of_the_day (day int PRIMARY KEY, tag text, since date);"
                "INSERT INTO dwh.tag_of_the_day VALUES (1, 'tag 1', '2026-01-01');"
                "INSERT INTO dwh.dimension_tags (tag_id, tag, modified)"
                " SELECT 1000 + n, 'tag ' || n, false FROM generate_series(1, " +
                std::to_string(rows) +
                ") n; INSERT INTO dwh.datamarttags SELECT dimension_tag_id, tag_id, tag, 10 * dimension_tag_id,"
                " '{\"note\" : 1}' FROM dwh.dimension_tags");
        settings.schema_dir = root / "schemas";
        std::filesystem::copy(config().schema_dir, settings.schema_dir);
        std::string const entity =
            R"({"type":"object","required":["tag_id","tag","used"],"properties":{"tag_id":{"type":"integer","minimum":1},)"
            R"("tag":{"type":"string"},"used":{"type":"integer","minimum":0}}})";
        std::ofstream{settings.schema_dir / tags().profile_schema} << entity;
        std::ofstream{settings.schema_dir / tags().index_schema} << R"({"type":"array","items":)" << entity << '}';
        std::ofstream{settings.schema_dir / tag_of_the_day().schema}
            << R"({"type":"object","required":["tag"],"properties":{"tag":{"type":"string"}}})";
        settings.datasets.push_back(tags());
        settings.documents.push_back(tag_of_the_day());
    }

    /// install.sql, and the table of the third dataset watched.
    void install() {
        psql_file(EXPORTD_SOURCE_DIR "/sql/install.sql");
        db.exec("SELECT dwh.json_export_watch('datamarttags', 'dimension_tag_id', 'tag_id', dataset => 'tags',"
                " dimension => 'dimension_tags')");
    }
    void psql_file(std::filesystem::path const& file) const {
        auto const command =
            "psql -X -q -v ON_ERROR_STOP=1 -d '" + db.conninfo() + "' -f " + file.string() + " >/dev/null";
        if (std::system(command.c_str()) != 0)
            throw std::runtime_error{"psql failed for " + file.string()};
    }

    /// Of the n-th row, from 1.
    static std::string path(int n) { return notes_export::entity_path{tags().path}.of(1000 + n); }
    void use(int n, int times) {
        db.exec("UPDATE dwh.datamarttags SET used = " + std::to_string(times) +
                " WHERE dimension_tag_id = " + std::to_string(n));
    }
    std::string index() const { return file(tags().index_path); }
    notes_export::verify_report verify() const { return notes_export::verify(settings); }
    std::int64_t pending_tags() {
        return db.number("SELECT count(*) FROM dwh.datamarttags WHERE json_exported IS NOT TRUE");
    }
    static notes_export::dataset_report const& tags_of(notes_export::cycle_report const& r) { return r.datasets.at(2); }
};

} // namespace test
