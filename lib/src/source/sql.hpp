#pragma once

#include "notes_export/config.hpp"
#include "source/select_list.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/// The columns of json_export_runs that depend on what there is to export, or on the version of install.sql.
namespace run_columns {
inline constexpr std::string_view datasets = "datasets";         ///< counts of every dataset, as JSON
inline constexpr std::string_view exported_suffix = "_exported"; ///< "users_exported", for some datasets
} // namespace run_columns

/**
 * Every statement the library sends, one function a statement. Relation and column names come from dataset values and
 * the catalog and are quoted here; values travel as parameters.
 */
class sql {
public:
    explicit sql(export_config const& config)
        : m_schema{config.schema}, m_datasets{config.datasets}, m_documents{config.documents} {}
    std::string const& schema() const noexcept { return m_schema; }
    /// What the statements are about.
    std::vector<dataset> const& datasets() const noexcept { return m_datasets; }
    std::vector<document> const& documents() const noexcept { return m_documents; }

    /// Of the datasets: they carry the flags.
    std::vector<std::string> tables() const;

    // -- catalog (catalog_sql.cpp) --------------------------------------------------------------------------------
    /// $1 schema, $2 relation names -> relation, kind, owner.
    static std::string relations();
    /// $1 schema, $2 relation names -> relation, column, type, exact type, position; by relation and position.
    static std::string columns();
    /// $1 schema, $2 names of relations, $3 numbers of further ones -> a text that is the same in the same session as
    /// long as none of them changes, nor any enum type.
    static std::string catalog_state();
    /// $1 schema, $2 table names -> data_schema_hash; lines "table.column:type" in hash order. As the
    /// export scripts made it: sha256 over column_name:data_type:ordinal_position joined by '|' and one newline.
    static std::string schema_fingerprint();
    /// $1 schema, $2 relation names -> of them and of all that they read: number, name, kind, is a partition, number of
    /// the parent, where its rows are stored, columns, digest of a view's definition, quoted name, may our role read
    /// it; by number.
    static std::string sources();
    /// $1 schema, $2 relation names -> types of a user's making in them: name, number of a composite's relation, what
    /// it is.
    static std::string source_types();
    /// $1 schema, $2 relation names -> functions that their views call: number, name, digest of the definition.
    static std::string source_functions();
    /// $1 numbers of relations -> relation, name, when it fires, version of the triggers of install.sql.
    static std::string own_triggers();
    /// $1 schema, $2 tables -> table, dataset, key column, id column of those that are watched
    static std::string watched();
    /// $1 numbers of relations -> relation, name of other triggers that can change an updated row.
    static std::string foreign_update_triggers();
    /// -> a text that differs when a row of this part of the relation (quoted), by number, was changed, inserted or
    /// deleted.
    static std::string row_versions(std::string const& relation, std::uint32_t part);
    /// The same for rows without versions, by what is in them.
    static std::string row_contents(std::string const& relation, std::uint32_t part);

    // -- change detection -------------------------------------------------------------------------------------------
    /// Takes no snapshot: rows of the reading transaction's first statement are those of after the lock.
    std::string lock_for_reading(std::vector<std::string> const& relations) const;
    /// -> who keeps such a lock from being had: number, user, application, what it does since when.
    std::string lock_blockers(std::vector<std::string> const& relations) const;
    /// $1 names_in_log() -> of their lines, and of those of no dataset: number, dataset, key, id, reason, and of a line
    /// that allows a shrink when it was made: Unix microseconds, 0 is more than a day ago.
    std::string log() const;
    /// -> the newest of those times; 0: no line allows a shrink.
    std::string shrink_allowed() const;
    /// $1 numbers of lines.
    std::string forget_log() const;
    /// $1 names_in_log(): the lines of all other datasets, which are watched and which nobody exports.
    std::string forget_log_of_others() const;
    /// What our datasets can be called there, as an array.
    std::string names_in_log() const;
    /// -> whether json_exported is not TRUE anywhere.
    std::string has_pending_rows(dataset const& d) const;
    /// -> key, id, xmin, pending of each pending row, in no order.
    std::string pending_rows(dataset const& d) const;
    /// The same columns of every row, in no order; no parameter. Without versions: 0, and nothing is pending.
    std::string all_rows(dataset const& d, bool versions) const;
    /// $1 number of a directory, $2 id -> the same columns of the rows with a published id behind that place; by
    /// directory, id and key.
    std::string rows_by_directory(dataset const& d, bool versions) const;
    /// $1 ids -> the same columns of their rows; by id and key.
    std::string all_rows_of_ids(dataset const& d, bool versions) const;
    /// $1 at most so many -> id of rows whose json_exported is not TRUE, NULL as well.
    std::string some_pending_ids(dataset const& d) const;
    /// $1 at most so many -> key that several rows have, how many; by key.
    std::string repeated_keys(dataset const& d) const;
    /// -> published ids that several rows have.
    std::string repeated_ids(dataset const& d) const;
    /// $1 ids -> key, id of their rows; rows of one id together, the one to publish first.
    std::string rows_of_ids(dataset const& d) const;
    /// $1 keys -> key, id, xmin, pending of the rows that have them.
    std::string rows_of_keys(dataset const& d) const;
    /// -> id; all published ids, in no order.
    std::string ids(dataset const& d) const;
    /// -> text that no other database, nor another history of this one, has.
    static std::string database_identity();
    /// Before and after pending rows are read: right after a large export the statistics still say that every row is
    /// pending.
    static std::string prefer_indexes(bool yes);

    // -- documents --------------------------------------------------------------------------------------------------
    /// $1 keys -> key, id, name and the list. The relation that is read is v in the list, the lookups have aliases.
    std::string profiles(dataset const& d, std::string const& relation, select_list const& list) const;
    static std::string lookup_alias(std::size_t position);
    /// $1 ids to leave out -> key, id, with_order: the values that make the order, and the list, in which the table is
    /// i; in index order.
    std::string index_entries(dataset const& d, select_list const& list, bool with_order) const;
    /// $1 ids -> key, id and the list; in order of id, of each id the row that is published first.
    std::string index_entries_of_ids(dataset const& d, select_list const& list) const;
    /// $1 key value -> document text.
    std::string row_document(document const& d) const;

    // -- marking and statistics -------------------------------------------------------------------------------------
    /// $1 keys, $2 xmins, $3 ids: set json_exported where that version is still the current one.
    std::string mark(dataset const& d) const;
    /// The same -> key, id of rows that other people's triggers changed as well.
    std::string mark_and_compare(dataset const& d) const;
    /// $1 keys, $2 xmins, $3 ids: clear json_exported where that version is still the current one -> key, id, new xmin.
    std::string flag(dataset const& d) const;
    /// -> generation, version of install.sql; no row when somebody emptied the table.
    std::string state() const;
    /// $1 generation. Touches no row when somebody emptied the table, or holds it: it waits for nobody.
    std::string publish_state() const;
    /// $1 generation: makes the row again.
    std::string insert_state() const;
    /// $1.. values of the columns that each version has, then of the further ones.
    std::string insert_run(std::vector<std::string> const& further_columns) const;
    /// $1 end of the newest run, Unix seconds, $2 seconds to keep, $3 at most so many. Counts from the server's clock
    /// or from that end, whichever is earlier: one clock that runs ahead does not empty the table.
    std::string forget_runs() const;
    /// -> end of the newest successful run, its age in seconds; no row when there is none.
    std::string last_success() const;
    /// $1 at most so many; the newest first. `columns` are those that the table has.
    std::string recent_runs(std::vector<std::string> const& columns) const;
    /// $1 keys, $2 xmins, $3 ids of rows in quarantine -> published ids, pending rows of published ids without those.
    std::string counts(dataset const& d) const;

    // -- sessions ---------------------------------------------------------------------------------------------------
    /// In a reading transaction: statements with lists of keys get one plan, that of a short list (by index). For
    /// marking that would be wrong: a long list is joined by hash or merge.
    static std::string plan_once();
    static std::string export_snapshot();
    static std::string import_snapshot(std::string_view snapshot);

private:
    std::string relation(std::string_view name) const;
    static std::string listed_columns(dataset const& d, bool versions);
    std::string set_flag(dataset const& d, bool exported, std::string_view also) const;
    std::string dimension_join(dataset const& d, std::string const& key = "r.key") const;
    static std::string best_first(dataset const& d, std::string const& key = "r.key");

    std::string m_schema;
    std::vector<dataset> m_datasets;
    std::vector<document> m_documents;
};

/// Stands for a key that is NULL. No sequence gives it.
inline constexpr std::int64_t no_key = std::numeric_limits<std::int64_t>::min();

/// Text form of a PostgreSQL array of texts: {"a","b"}.
std::string name_array(std::vector<std::string> const& names);

/// Text form of a PostgreSQL array of integers: {1,2,3}.
template <class Range>
std::string array_text(Range const& values) {
    std::string text = "{";
    for (auto const& value : values) {
        if (text.size() > 1)
            text += ',';
        text += std::to_string(value);
    }
    return text + '}';
}

} // namespace notes_export
