#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/// Columns taken from a small table of names: LEFT JOIN <table> ON <local_column> = <key_column>.
struct lookup {
    std::string table;
    std::string local_column;
    std::string key_column;
    std::vector<std::string> columns;
    bool operator==(lookup const&) const = default;
};

/**
 * Small files beside an index, for readers who look for one name: the first entries, pairs of name and id by a hash of
 * the name, and the first names for each two characters that follow each other. See lib/src/shard/.
 */
struct index_shards {
    std::string directory = {}; ///< "indexes/users"; "": the dataset can have none
    bool make = false;          ///< its name_column must be one of its index_columns
    std::size_t top = 10'000;   ///< entries in top.json
    bool operator==(index_shards const&) const = default;
};

/**
 * One kind of entity: where its rows are and what its files look like.
 *
 * Everything that distinguishes users from countries is in this value; a further kind is a further value. Its table is
 * to be watched by json_export_watch() of sql/install.sql: without that its changes are found by comparing rows, which
 * costs a full export each time, and the exporter's role needs SELECT on its relations and UPDATE (json_exported) on
 * its table from somebody else. metadata.json tells its total_<name>, which metadata.schema.json allows. All relation
 * names are without schema: export_config::schema is put before them.
 */
struct dataset {
    std::string name;                       ///< plural, "users": log field, metadata key total_<name>
    std::string singular;                   ///< "user"
    std::string table;                      ///< datamart table; carries json_exported
    std::string view;                       ///< rows are taken from here when it exists; "" is never
    std::string dimension;                  ///< dimension table with `modified`; joined by key_column; "" is none
    std::string current_column;             ///< boolean column of the dimension that names the valid row; "" is none
    std::string key_column;                 ///< unique per row of `table`, `view` and `dimension`
    std::string id_column;                  ///< the published id; ids below 1 and NULL are not published
    std::string name_column;                ///< for people, in log records
    std::vector<lookup> lookups;            ///< appended to each profile
    std::string path;                       ///< "users/{h1}/{h2}/{h3}/{id}.json", see entity_path
    std::string index_path;                 ///< "indexes/users.json"; "" is none as a whole
    std::vector<std::string> index_columns; ///< in the order they are written; without an index the id alone
    std::vector<std::string> index_order;   ///< each DESC NULLS LAST, or rising where it is said so; then id, then key
    std::string profile_schema;             ///< file names below export_config::schema_dir; "": nothing is checked
    std::string index_schema;
    index_shards shards = {};
    std::vector<std::string> index_ascending = {}; ///< those of index_order that rise: ASC NULLS LAST
    std::vector<std::string> omitted = {};         ///< columns of the source that profiles do not have
    bool shows_flag = false;                       ///< profiles have flag_column, if the source has it: false, always

    bool has_index() const noexcept { return !index_path.empty(); }
    /// Is there an entry of index_columns for each entity, in the whole index or in its shards?
    bool has_entries() const noexcept { return has_index() || shards.make; }
    bool is_ascending(std::string_view column) const;
    bool operator==(dataset const&) const = default;

    /// Of the table: whether what is in the tree is as the row is.
    static constexpr std::string_view flag_column = "json_exported";
};

/// A file made of one row: global_stats.json and its summary.
struct document {
    std::string path;
    std::string table;
    std::string key_column;               ///< integer column...
    std::int64_t key;                     ///< ...and its value
    std::vector<std::string> columns;     ///< empty: all columns of the row
    std::string schema;                   ///< file name below export_config::schema_dir; "": nothing is checked
    bool schema_optional;                 ///< unchecked when that file does not exist
    std::vector<std::string> needed = {}; ///< columns without whose value readers cannot use it
    std::string name = {};                ///< for people, and its section of a configuration file
    bool operator==(document const&) const = default;
};

/// The published format of OSM-Notes-Analytics.
std::vector<dataset> standard_datasets();
std::vector<document> standard_documents();

/**
 * Paths of a dataset's profiles, relative to the root.
 *
 * The template is a relative path with a fixed first directory. It holds {id} once, as the whole stem of the last
 * component, and as components any number of {h1} {h2} {h3}: the three
 * lower-case hex digits of id mod 4096, the highest first (12345 -> 0 3 9).
 */
class entity_path {
public:
    /// The template is one, see refuse().
    explicit entity_path(std::string_view path_template);
    /// Why this is no template that files of a tree can be published by; "" when it is one.
    static std::string refuse(std::string_view path_template);

    std::string of(std::int64_t id) const;
    /// The id whose profile lives at exactly this path; nullopt for every other path.
    std::optional<std::int64_t> id_at(std::string_view path) const;
    /// Can profiles be in this directory, or below it?
    bool may_hold(std::string_view directory) const;
    /// The fixed first directory, "users"; everything below it may hold profiles.
    std::string const& top() const noexcept { return m_top; }
    /// Directories between top() and the file.
    int depth() const noexcept { return m_depth; }

    /// How far an id is shifted to the right for each of the digits, in their order.
    std::vector<int> const& digit_shifts() const noexcept { return m_shifts; }
    /// In the order of directories: ids with the same number share one.
    std::int64_t directory_number(std::int64_t id) const noexcept;
    /// The directory above that of a profile, or its own where only the root is above: "users/0/3", "countries".
    std::string branch_of(std::int64_t id) const;
    /// In the order of branches: ids with the same number share one.
    std::int64_t branch_number(std::int64_t id) const noexcept { return directory_number(id) >> m_branch_shift; }

private:
    std::string m_template;
    std::string m_top;
    int m_depth = 0;
    std::vector<int> m_shifts; ///< of an id, to each of the digits
    int m_branch_shift = 0;    ///< bits of a directory's number that its branch does not have
};

} // namespace notes_export
