#pragma once

#include "publish/publisher.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace notes_export {

/**
 * What an exporter must know again after it was restarted or killed. Small files in the private directory, each
 * replaced as a whole. Losing any of them costs at most a full export, or that files of what is configured no longer
 * are not known for ours any more.
 */
class journal {
public:
    journal(tree const& t, staging& s) : m_tree{&t}, m_staging{&s} {}

    /// Keeps our private files out of every `git add -A` of the published tree.
    void hide_from_git() const;

    /// The columns that a data_schema_hash was made from, for telling what changed.
    std::optional<std::string> columns_of(std::string const& hash) const;
    /// `live` is the hash that is published now: its columns are kept, as a crash may come before the new hash is
    /// published. Those of all others are forgotten.
    void remember_columns(std::string const& hash, std::string const& lines, std::string const& live) const;

    /// What profiles were made from in the last full export, see fingerprint.
    std::optional<std::string> sources() const;
    void remember_sources(std::string const& text) const { replace(sources_path, text); }

    /// The database that was published from last, see sql::database_identity().
    std::optional<std::string> database() const;
    void remember_database(std::string const& identity) const { replace(database_path, identity); }

    /// Rows are being marked though other people's triggers may change them with that: until it is known that none did,
    /// or those that did are published, what is published may be older than it looks.
    bool marking_may_change_rows() const { return m_tree->exists(marking_path); }
    void begin_marking() const { replace(marking_path, "rows are being marked whose triggers may change them\n"); }
    void end_marking() const;

    /// How many profiles there were when, see removal_window.hpp.
    std::optional<std::string> counts() const;
    void remember_counts(std::string const& text) const { replace(counts_path, text); }

    /// Unix seconds of the last full export that ended well; 0 is never.
    std::int64_t last_full() const;
    void remember_full(std::int64_t when) const { replace(last_full_path, std::to_string(when) + '\n'); }

    /// Longer lists are not read. Of columns: 1600 in each table, at most.
    static constexpr std::size_t longest_list = 4U << 20;
    /// Which twins the tree may have, see twin_plan.
    static constexpr std::string_view twins_path = ".exportd/twins";
    std::optional<std::string> twins() const;
    void remember_twins(std::string const& text) const { replace(twins_path, text); }

    /// Which files the tree was given, see noted_files.
    static constexpr std::string_view files_path = ".exportd/files";
    std::optional<std::string> files() const;
    void remember_files(std::string const& text) const { replace(files_path, text); }

    /// Which index files the tree may have, see shard::index_note.
    static constexpr std::string_view indexes_path = ".exportd/indexes";
    std::optional<std::string> indexes() const;
    void remember_indexes(std::string const& text) const { replace(indexes_path, text); }

    /// Which allowances to shrink were used, see shrink_allowance.hpp.
    static constexpr std::string_view used_shrinks_path = ".exportd/used_shrinks";
    std::optional<std::string> used_shrinks() const;
    void remember_used_shrinks(std::string const& text) const { replace(used_shrinks_path, text); }
    /// The operator's allowance, when it is used or too old.
    void forget_shrink_file() const;

    static constexpr std::string_view quarantine_path = ".exportd/quarantine.json";
    bool remembers_quarantine(std::string const& text) const;
    void remember_quarantine(std::string const& text) const { replace(quarantine_path, text); }

    /// Indexes that were too large to be published; see refused_indexes.hpp.
    static constexpr std::string_view refused_indexes_path = ".exportd/refused_indexes.json";
    void remember_refused_indexes(std::string const& text) const { replace(refused_indexes_path, text); }

    /// Traces of another program that exports into this tree; see noted_exporter.
    static constexpr std::string_view other_exporter_path = ".exportd/other_exporter.json";
    std::optional<std::string> other_exporter() const;
    void remember_other_exporter(std::string const& text) const { replace(other_exporter_path, text); }

private:
    static constexpr std::string_view database_path = ".exportd/database";
    static constexpr std::string_view marking_path = ".exportd/marking";
    static constexpr std::string_view counts_path = ".exportd/counts";
    static constexpr std::string_view sources_path = ".exportd/sources";
    static constexpr std::string_view last_full_path = ".exportd/last_full";
    static constexpr std::string_view ignore_path = ".exportd/.gitignore";
    void replace(std::string_view path, std::string const& text) const;

    tree const* m_tree;
    staging* m_staging;
};

} // namespace notes_export
