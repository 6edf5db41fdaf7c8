#pragma once

#include "cycle/context.hpp"
#include "cycle/dataset_plan.hpp"
#include "cycle/profile_batch.hpp"
#include "cycle/situation.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace notes_export {

/**
 * The flags of what is published, and what else the database is told of a publication. Keeps count, and remembers the
 * keys of rows that other people's triggers changed when they were marked: what is published is the row as it was
 * before, so they have to be rendered again. They are marked by then, so that this ends.
 */
class marking {
public:
    marking(cycle_context& c, situation const& seen) : m_context{&c}, m_seen{&seen} {}

    struct counts {
        std::size_t marked = 0;
        std::size_t conflicts = 0; ///< rows that changed after they were read, or that somebody holds
    };
    counts of(dataset const& d) const;
    /// Dataset -> keys, for the next cycle.
    std::map<std::string, std::set<std::int64_t>> const& look_again() const noexcept { return m_look_again; }

    /// Before rows are marked, wherever that happens.
    void expect(rows_to_mark const& rows);
    /// What somebody else marked.
    void count(marking_result const& done);
    /// Marks are most of what is left to do after a full export, and rows do not meet: the sessions share them.
    void mark(rows_to_mark&& rows);
    /// A full export may refuse a row that was not pending. It is now, because its content is not in the tree.
    void flag(dataset const& d, std::span<work_row const> rows);
    void forget_log(std::vector<std::int64_t> const& lines);
    /// Lines of datasets that are watched and that nobody exports.
    void forget_log_of_others();
    /// Of the report, when it is not what the database has.
    void record_generation();

private:
    void count(dataset const& d, marks const& done, std::size_t asked);
    void take_reshaped(dataset const& d, std::vector<row_name> const& rows);
    std::string identity();
    void insert_state(std::string const& generation);

    cycle_context* m_context;
    situation const* m_seen;
    std::map<std::string, counts> m_counts; ///< by dataset
    std::map<std::string, std::set<std::int64_t>> m_look_again;
};

} // namespace notes_export
