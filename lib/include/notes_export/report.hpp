#pragma once

#include "notes_export/other_exporter.hpp"
#include "notes_export/read_place.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

enum class cycle_mode { incremental, full };
std::string_view to_string(cycle_mode) noexcept;

/// In the order in which a cycle goes through them.
enum class phase { detect, read, render, check, stage, index, sync, publish, mark };
inline constexpr std::size_t phase_count = 9;
std::string_view to_string(phase) noexcept;

/// Time spent by phase. read, render, check and stage run on several threads at once: theirs is the sum over the
/// threads.
class phase_times {
public:
    using duration = std::chrono::steady_clock::duration;
    void add(phase p, duration d) noexcept { m_spent[static_cast<std::size_t>(p)] += d; }
    duration of(phase p) const noexcept { return m_spent[static_cast<std::size_t>(p)]; }
    void add(phase_times const& other) noexcept {
        for (std::size_t i = 0; i < phase_count; ++i)
            m_spent[i] += other.m_spent[i];
    }

private:
    std::array<duration, phase_count> m_spent{};
};

/// A row whose document does not fit: the old file stays and the row stays pending.
struct quarantined_row {
    std::string dataset;
    std::int64_t id = 0;
    std::int64_t key = 0;      ///< value of the dataset's key column
    std::uint32_t version = 0; ///< xmin of the row then: it is tried again when this changes
    std::string name;          ///< hostile text: escape before showing
    std::string pointer;       ///< JSON pointer to the offending value
    std::string keyword;       ///< the schema's keyword that it violates
    std::string detail;
};

/// Why a row is in quarantine, for people: `minimum at "/user_id": -1 is less than 0`. Holds hostile text as well.
std::string refusal_text(std::string_view keyword, std::string_view pointer, std::string_view detail);

/// An index that is too large to be published, or soon will be.
struct index_size {
    std::string dataset;
    std::string path;        ///< "indexes/users.json"
    std::uint64_t bytes = 0; ///< of the new index
    std::uint64_t limit = 0; ///< export_config::index_max_size
};

/// A file of one row, such as global_stats.json, that stays as it is because the row cannot be published.
struct refused_document {
    std::string path;
    std::string reason; ///< for people; holds hostile text as well
    bool operator==(refused_document const&) const = default;
};

/// A shrink that the guard would have refused, and that somebody had allowed.
struct allowed_shrink {
    std::string dataset;
    std::size_t going = 0; ///< profiles
    std::size_t of = 0;
};

struct dataset_report {
    std::string name;
    std::size_t rows_read = 0;      ///< rows looked at (full: all of them)
    std::size_t exported = 0;       ///< profiles written because they are new or differ
    std::size_t unchanged = 0;      ///< profiles rendered and found equal to the file
    std::size_t removed = 0;        ///< profiles unlinked
    std::size_t marked = 0;         ///< rows set to json_exported = TRUE
    std::size_t mark_conflicts = 0; ///< rows that changed after they were read: they stay pending
    std::size_t quarantined = 0;    ///< rows in quarantine after this cycle, old and new
    std::size_t pending = 0;        ///< rows that still wait, without those in quarantine: they changed or were locked
    std::size_t duplicates = 0;     ///< further rows of an id that has a better one
    std::size_t published = 0;      ///< profiles in the tree; 0 when the cycle had no need to count
    std::size_t total = 0;          ///< profiles in the tree, as metadata.json counts them
    std::size_t left_out = 0;       ///< index entries left out because they do not fit the schema
    std::size_t shrink_refused = 0; ///< removals that the shrink guard refused
    std::size_t shrink_of = 0;      ///< of so many profiles; 0 when it refused none
    bool index_written = false;
    bool index_merged = false;     ///< made of the published one and what changed, not of the whole table
    bool index_refused = false;    ///< the new one is larger than index_max_size: the old one stays
    bool index_held = false;       ///< that is so since an earlier cycle, or since this one
    std::uint64_t index_bytes = 0; ///< of the index in the tree after this cycle; 0 when there is none
    std::size_t shards_written = 0;
    std::size_t shards_removed = 0; ///< nothing belongs into them any more
};

/// What one cycle did. The caller turns it into log records, statistics and metrics.
struct cycle_report {
    cycle_mode mode = cycle_mode::incremental;
    std::string reason; ///< why this mode: "pending rows", "requested", "columns changed", ...
    std::chrono::system_clock::time_point started;
    std::chrono::system_clock::time_point finished;
    std::chrono::steady_clock::duration duration{};
    phase_times phases;

    std::vector<dataset_report> datasets;
    std::size_t files_written = 0; ///< all files: profiles, indexes, global, metadata
    std::size_t files_removed = 0;
    std::uint64_t bytes_written = 0;
    std::uint64_t generation = 0;                           ///< of metadata.json after this cycle
    std::string version;                                    ///< of metadata.json after this cycle
    std::vector<quarantined_row> quarantined;               ///< newly quarantined in this cycle
    std::map<std::string, std::size_t> validation_failures; ///< schema file -> documents that newly do not fit it
    /// Too large, so the old ones stay: told when it begins, and in each full export.
    std::vector<index_size> refused_indexes;
    /// Above half of the limit: told when it begins, and in each full export.
    std::vector<index_size> large_indexes;
    std::vector<allowed_shrink> allowed_shrinks;     ///< what was allowed is used up by this cycle
    std::vector<refused_document> refused_documents; ///< as of this cycle, also those that an earlier one told of
    std::vector<std::string> warnings;               ///< one line each, for the operator
    std::vector<std::string> missing;                ///< parts of install.sql that are not there, or switched off
    other_exporter other;                            ///< traces of one that were found, and made good
    read_place read;                                 ///< the primary, or the standby
    bool published = false;                          ///< anything was written or removed
    bool marks_changed_rows = false;                 ///< other people's triggers changed rows when they were marked

    /// What a second cycle did right after this one: counts are added, what is of the tree is as it left it.
    void add(cycle_report&& next);

    std::size_t exported() const noexcept;
    std::size_t unchanged() const noexcept;
    std::size_t marked() const noexcept;
    std::size_t mark_conflicts() const noexcept;
    std::size_t in_quarantine() const noexcept;
};

/// A new metadata.json, and with it a new state of the tree.
struct publication {
    std::uint64_t generation = 0;
    cycle_mode mode{};
    std::size_t files_written = 0; ///< by its cycle
    std::size_t files_removed = 0;
    std::filesystem::path changes{}; ///< the change list of that generation; empty: there is no feed
};

} // namespace notes_export
