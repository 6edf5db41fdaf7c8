#pragma once

#include "notes_export/report.hpp"
#include "source/snapshot.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace notes_export {

/// What decides whether a cycle looks at everything. A text is "" when there is nothing to say.
struct mode_facts {
    enum class tree_state {
        missing, ///< no metadata.json
        damaged, ///< one that cannot be understood
        foreign, ///< made by another program: without a generation
        ours
    };
    bool requested = false;            ///< by the caller
    std::string requested_in_database; ///< why
    bool tree_replaced = false;
    tree_state tree = tree_state::ours;
    bool columns_changed = false;
    bool twins_changed = false;     ///< other twins are to be made than the tree has
    bool indexes_changed = false;   ///< other index files are to be made than the tree has
    std::string changed_source;     ///< what profiles are made from that is not what it was
    std::string generation_problem; ///< see generation_problem()
    bool other_history = false;     ///< a publication was cut short, and the database is not the one that it was of
    bool marks_in_doubt = false;    ///< rows may have changed when they were marked, and nobody knows which
    std::string unwatched_change;   ///< see unwatched_change()
    bool due = false;               ///< see full_is_due()
    bool unfinished = false;        ///< a publication was cut short
};

struct mode_choice {
    cycle_mode mode;
    std::string reason; ///< for people
};
mode_choice choose_mode(mode_facts const& facts);

/// Of json_export_state.
struct recorded_state {
    bool kept = false; ///< there is such a table
    std::optional<std::uint64_t> generation;
    bool cannot_be_made = false;  ///< the row is missing, and our role may not make it
    bool is_behind_by_us = false; ///< we published from this very database, and could not write to it
};

/// The database knows which generation it was published as, unless somebody emptied that table, or kept it locked when
/// this process wanted to say so. "" is no problem.
std::string generation_problem(recorded_state const& state, std::uint64_t published);

/// Where no trigger tells of changes, nothing is known of those from before this process. "" is no change.
std::string unwatched_change(row_digests const& now, std::optional<row_digests> const& before);

/// Unix seconds. A last full export in the future is a clock's mistake: it is due. An interval of 0 is never.
bool full_is_due(std::int64_t now, std::int64_t last, std::chrono::seconds interval);

} // namespace notes_export
