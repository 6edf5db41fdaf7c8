#include "notes_export/verify.hpp"

#include "document/metadata.hpp"
#include "document/schema_files.hpp"
#include "schema/set.hpp"
#include "index/entries.hpp"
#include "cycle/profile_pipeline.hpp"
#include "publish/tree_lock.hpp"
#include "cycle/quarantine.hpp"
#include "source/snapshot.hpp"

#include <algorithm>

namespace notes_export {

namespace {

constexpr std::size_t listed_drifts = 100;

/// One comparison of tree and database; read-only throughout.
class verification {
public:
    verification(export_config const& c, std::stop_token stop)
        : m_config{c},
          m_stop{std::move(stop)},
          m_sql{c},
          m_database{m_config, m_sql},
          m_tree{c.directory, false},
          m_schemas{schema_set::load(schema_files(c))} {}

    verify_report run() {
        publishing_lock const lock{m_tree, publishing_lock::kind::shared, m_stop};
        m_database.set_stop(m_stop);
        m_catalog = begin_locked_snapshot(m_database, m_sql, nullptr);
        m_reader = &m_database.reader(0);
        for (auto const& d : m_config.datasets) {
            profiles(d);
            index(d);
        }
        for (auto const& d : m_config.documents)
            document_file(d);
        check_metadata();
        m_database.end_snapshot();
        for (auto& text : m_database.take_warnings())
            m_report.warnings.push_back(std::move(text));
        return std::move(m_report);
    }

private:
    void differs(drift::kind what, std::string path, bool pending) {
        ++m_report.differences;
        m_report.pending += pending ? 1 : 0;
        if (m_report.drifts.size() < listed_drifts)
            m_report.drifts.push_back({what, std::move(path), pending});
    }

    void profiles(dataset const& d) {
        m_exceptions = {};
        entity_path const layout{d.path};
        m_any_pending = false;
        auto list = read_all_rows(*m_reader, m_sql, d, m_catalog.reads().has_versions(d.table));
        report_odd_keys(d, list);
        std::vector<std::int64_t> ids;
        for (auto const& row : list.rows) {
            m_any_pending = m_any_pending || row.pending;
            sort_out(d, layout, row);
            if (row.what == work_row::role::profile || row.what == work_row::role::keyless)
                ids.push_back(row.id);
        }
        std::erase_if(list.rows, [](work_row const& row) { return row.what != work_row::role::profile; });
        profile_pipeline pipeline{{m_database, m_sql, m_catalog, m_tree, nullptr, m_schemas, m_config.workers, m_stop,
                                   &m_oversized},
                                  d};
        for (auto const& outcome : pipeline.run(list.rows))
            compare(d, layout, outcome);
        m_report.files_checked += list.rows.size();
        orphans(layout, ids);
    }

    // The same rows as an export: what it leaves out is left out here.
    void sort_out(dataset const& d, entity_path const& layout, work_row const& row) {
        if (row.what == work_row::role::superseded)
            m_exceptions.superseded.insert(row.name());
        else if (row.what == work_row::role::doubled)
            m_exceptions.doubled.insert(row.id);
        else if (row.what == work_row::role::keyless) {
            m_exceptions.refused.insert(row.name());
            m_report.warnings.push_back(layout.of(row.id) + ": " + d.key_column + " is NULL in the row of this id");
        }
    }

    void report_odd_keys(dataset const& d, work_list const& list) {
        for (auto const& [key, rows] : list.doubled)
            if (m_report.warnings.size() < listed_drifts)
                m_report.warnings.push_back(d.table + ": " + d.key_column + " = " + std::to_string(key) +
                                            " stands in " + std::to_string(rows) + " rows; it should be unique");
    }

    void compare(dataset const& d, entity_path const& layout, profile_outcome const& outcome) {
        auto const path = layout.of(outcome.row.id);
        if (outcome.what == profile_outcome::kind::refused) {
            // Nothing is wrong with the tree: it rightly does not hold this row.
            m_report.warnings.push_back(path + ": the row does not fit " + d.profile_schema + " (" +
                                        outcome.why.keyword + " at \"" + outcome.why.pointer + "\"), so its file is " +
                                        (outcome.had_file ? "the last valid one" : "missing"));
            if (!outcome.row.pending)
                differs(drift::kind::invalid, path, false);
            m_exceptions.refused.insert(outcome.row.name());
            if (outcome.why.keyword == unreadable_keyword)
                m_exceptions.unreadable.insert(outcome.row.id);
        } else if (outcome.what == profile_outcome::kind::drifted) {
            differs(outcome.had_file ? drift::kind::differs : drift::kind::missing, path, outcome.row.pending);
        }
    }

    void orphans(entity_path const& layout, std::vector<std::int64_t> const& ids) {
        m_profiles = 0;
        for (auto const id : m_tree.profile_ids(layout)) {
            ++m_profiles;
            if (!std::ranges::binary_search(ids, id))
                differs(drift::kind::orphan, layout.of(id), false);
        }
    }

    void index(dataset const& d) {
        std::optional<schema_checker> checker;
        if (auto const s = m_schemas.find(d.index_schema))
            checker.emplace(s->items());
        std::string expected = "[";
        for_each_index_entry({*m_reader, m_sql, m_catalog, m_tree}, d, m_exceptions, [&](index_entry const& entry) {
            if (entry.text.empty() || (checker && checker->check(entry.text)))
                return;
            expected += expected.size() > 1 ? ", \n " : "";
            expected += entry.text;
        });
        whole_file(d.index_path, expected + "]\n", m_any_pending);
        m_totals.emplace_back(d.name, m_profiles);
    }

    void whole_file(std::string const& path, std::string const& expected, bool pending = false) {
        ++m_report.files_checked;
        auto const live = m_tree.compare(path, expected);
        if (live != tree::comparison::equal)
            differs(live == tree::comparison::missing ? drift::kind::missing : drift::kind::differs, path, pending);
    }

    void document_file(document const& d) {
        m_reader->set_savepoint();
        try {
            auto const row = m_reader->query("read row of " + d.table, m_sql.row_document(d), {std::to_string(d.key)});
            if (!row.empty())
                whole_file(d.path, row.text(0, 0) + '\n');
        } catch (database_error const& e) {
            if (!pg::is_of_a_row(e))
                throw;
            m_reader->back_to_savepoint();
            m_report.warnings.push_back(d.path + ": " + e.what() + ", so the file is the last one that could be made");
        }
    }

    void check_metadata() {
        std::string const path{metadata::path};
        ++m_report.files_checked;
        auto const text = m_tree.read(path);
        auto const live = text ? metadata::parse(*text) : std::nullopt;
        if (!live)
            differs(text ? drift::kind::differs : drift::kind::missing, path, false);
        else if (live->publishing > 0 || live->totals != m_totals ||
                 live->data_schema_hash != m_catalog.schema_hash() || live->text() != *text)
            differs(drift::kind::differs, path, false);
    }

    export_config m_config;
    std::stop_token m_stop;
    sql m_sql;
    sessions m_database;
    tree m_tree;
    schema_set m_schemas;
    oversized_rows m_oversized;
    catalog m_catalog;
    pg::connection* m_reader = nullptr;
    verify_report m_report;

    // of the dataset at hand
    index_exceptions m_exceptions;
    std::size_t m_profiles = 0; ///< profiles in the tree
    bool m_any_pending = false;
    std::vector<std::pair<std::string, std::uint64_t>> m_totals;
};

} // namespace

verify_report verify(export_config const& config, std::stop_token stop) {
    return verification{config, std::move(stop)}.run();
}

} // namespace notes_export
