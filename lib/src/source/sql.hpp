#pragma once

#include "notes_export/dataset.hpp"
#include "source/select_list.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace notes_export {

/**
 * Every statement the library sends, one function a statement. Relation and column names come from dataset values and
 * the catalog and are quoted here; values travel as parameters.
 */
class sql {
public:
    explicit sql(std::string schema) : m_schema{std::move(schema)} {}
    std::string const& schema() const noexcept { return m_schema; }

    // -- catalog ------------------------------------------------------------------------------------------------
    /// $1 schema, $2 relation names -> relation, column, type, exact type, position; by relation and position.
    static std::string columns();
    /// $1 schema, $2 table names -> data_schema_hash; lines "table.column:type" in hash order. Source: FACTS of the
    /// format, sha256 over column_name:data_type:ordinal_position joined by '|' and one newline.
    /// $1 schema, $2 names of relations -> a text that is the same in the same session as long as none of them changes.
    static std::string catalog_state();
    static std::string schema_fingerprint();
    /// $1 schema, $2 relation names -> view, digest of its definition.
    static std::string views();
    /// $1 schema -> table, trigger for the enabled triggers of install.sql.
    static std::string triggers();

    // -- change detection -------------------------------------------------------------------------------------------
    /// $1 snapshot or NULL. Without triggers: flag rows whose dimension row was `modified` after that snapshot.
    std::string reset_modified(dataset const& d) const;
    /// -> whether json_exported is not TRUE anywhere.
    std::string has_pending_rows(dataset const& d) const;
    /// -> key, id, xmin, pending; rows of one id together, the one to publish first. $1 (only without triggers):
    /// snapshot whose later changes count as pending.
    std::string pending_rows(dataset const& d, bool since_snapshot) const;
    /// The same columns of every row, in no order; no parameter.
    std::string all_rows(dataset const& d) const;
    /// -> published ids that several rows have.
    std::string repeated_ids(dataset const& d) const;
    /// $1 ids -> key of their rows that are not published because another row of the same id is.
    std::string superseded_rows(dataset const& d) const;
    /// -> id; all published ids, in no order.
    std::string ids(dataset const& d) const;
    /// $1 ids -> those that still have a row.
    std::string existing_ids(dataset const& d) const;
    /// -> number of distinct published ids.
    std::string id_count(dataset const& d) const;
    /// -> seq, dataset, entity_id (NULL: truncated).
    std::string removals() const;
    /// $1 seqs.
    std::string forget_removals() const;
    static std::string current_snapshot();
    /// $1 earlier snapshot or NULL -> text that no other database has; can that snapshot be of this database's past?
    static std::string database_identity();
    /// Before and after pending_rows(): right after a large export the statistics still say that every row is pending.
    static std::string prefer_indexes(bool yes);

    // -- documents --------------------------------------------------------------------------------------------------
    /// $1 keys -> key, name and the list. The relation that is read is v in the list, the lookups have aliases.
    std::string profiles(dataset const& d, std::string const& relation, select_list const& list) const;
    static std::string lookup_alias(std::size_t position);
    /// -> key, id, with_order: the values that make the order, and the list, in which the table is i; in index order.
    std::string index_entries(dataset const& d, select_list const& list, bool with_order) const;
    /// $1 ids -> key, id and the list, of the row that is published for each id; in order of id.
    std::string index_entries_of_ids(dataset const& d, select_list const& list) const;
    /// $1 key value -> document text.
    std::string row_document(document const& d) const;

    // -- marking and statistics -------------------------------------------------------------------------------------
    /// $1 keys, $2 xmins: set json_exported where that version is still the current one.
    std::string mark(dataset const& d) const;
    /// $1 keys, $2 xmins: clear json_exported where that version is still the current one -> key, new xmin.
    std::string flag(dataset const& d) const;
    std::string state() const;
    /// $1 generation, $2 text of the full request that this cycle served or NULL.
    std::string publish_state() const;
    std::string insert_run() const;
    /// $1 end of the newest run, Unix seconds, $2 seconds to keep, $3 at most so many. Counts from the server's clock
    /// or from that end, whichever is earlier: one clock that runs ahead does not empty the table.
    std::string forget_runs() const;
    /// -> end of the newest successful run, its age in seconds; no row when there is none.
    std::string last_success() const;
    /// $1 at most so many; the newest first.
    std::string recent_runs() const;
    /// $1 keys, $2 xmins of rows in quarantine -> published ids, pending rows of published ids without those.
    std::string counts(dataset const& d) const;

    // -- sessions ---------------------------------------------------------------------------------------------------
    /// In a reading transaction: statements with lists of keys get one plan, that of a short list (by index). For
    /// marking that would be wrong: a long list is joined by hash or merge.
    static std::string plan_once();
    static std::string export_snapshot();
    static std::string import_snapshot(std::string_view snapshot);

private:
    std::string relation(std::string_view name) const;
    std::string set_flag(dataset const& d, bool exported) const;
    std::string dimension_join(dataset const& d, std::string const& key = "r.key") const;
    static std::string best_first(dataset const& d, std::string const& key = "r.key");

    std::string m_schema;
};

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
