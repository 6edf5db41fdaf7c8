#include "verify/profiles.hpp"

#include "cycle/profile_pipeline.hpp"
#include "source/work_list.hpp"
#include "verify/comparing_pipeline.hpp"
#include "verify/doubts.hpp"
#include "verify/orphan_search.hpp"
#include "verify/profile_findings.hpp"
#include "verify/rows_with_file.hpp"

#include <chrono>
#include <utility>
#include <vector>

namespace notes_export {

namespace {

using clock = std::chrono::steady_clock;
using role = work_row::role;

constexpr std::size_t page_rows = 8192;
// A further one costs a sort of the whole table.
constexpr std::chrono::minutes oldest_snapshot{5};

/// Goes through all rows in the order of their files, page by page, with one snapshot after the other.
class profile_comparison {
public:
    profile_comparison(sides& s, dataset const& d, findings& all, sides::moment since)
        : m_sides{s},
          m_dataset{d},
          m_found{d, s.files, all},
          m_doubts{s, d, m_found},
          m_orphans{s, m_found, m_doubts, since} {}

    void run() {
        bool done = false;
        while (!done)
            m_sides.despite_lost_snapshots([&] { done = leg(); });
    }

    std::set<std::int64_t> take_special() noexcept { return m_found.take_special(); }
    std::size_t files() const noexcept { return m_orphans.files(); }

private:
    /// With one snapshot, from where the one before ended. true: to the end.
    bool leg() {
        m_doubts.settle();
        begin_snapshot();
        row_pages pages{m_sides.reader(), m_sides.statements, m_dataset, m_sides.has_versions(m_dataset), m_place};
        auto pipe = comparing_pipeline(m_sides, m_dataset, &m_sides.progress);
        auto const end = clock::now() + oldest_snapshot;
        while (clock::now() < end && !m_doubts.are_many()) {
            auto const page = pages.next(page_rows);
            compare(page.rows, pipe);
            if (page.end) {
                finish();
                return true;
            }
        }
        return false;
    }

    void finish() {
        m_orphans.end();
        m_doubts.settle();
    }

    void begin_snapshot() {
        m_since = m_sides.settled();
        m_orphans.begin_snapshot(m_since);
        m_sides.begin_snapshot();
        if (!std::exchange(m_looked_for_repeated_keys, true))
            m_found.warn_of_repeated(read_repeated_keys(m_sides.reader(), m_sides.statements, m_dataset,
                                                        static_cast<int>(findings::listed_drifts)));
    }

    void compare(std::vector<work_row> const& rows, profile_pipeline& pipe) {
        compare_documents(rows, pipe);
        for (auto const& row : rows)
            pass(row);
        if (!rows.empty())
            m_place = {m_found.layout().directory_number(rows.back().id), rows.back().id};
    }

    void compare_documents(std::vector<work_row> const& rows, profile_pipeline& pipe) {
        auto const outcomes = pipe.run(profiles_among(rows));
        m_found.checked(outcomes.size());
        bool const sure = m_sides.now() == m_since;
        for (auto const& outcome : outcomes)
            if (sure)
                m_found.judge(outcome);
            else if (outcome.what != profile_outcome::kind::equal || !outcome.twins.empty())
                m_doubts.add(outcome.row.id);
    }

    void pass(work_row const& row) {
        if (row.what == role::keyless)
            m_found.warn_of_key(row);
        m_found.note(row);
        if (row.has_file())
            m_orphans.pass(row.id);
    }

    sides& m_sides;
    dataset const& m_dataset;
    profile_findings m_found;
    doubts m_doubts;
    orphan_search m_orphans;

    bool m_looked_for_repeated_keys = false;
    sides::moment m_since; ///< when the snapshot was begun
    file_place m_place;    ///< of the last row that was compared
};

} // namespace

compared_profiles compare_profiles(sides& s, dataset const& d, findings& found) {
    auto const since = s.settled();
    profile_comparison comparison{s, d, found, since};
    comparison.run();
    return {comparison.take_special(), comparison.files(), since};
}

} // namespace notes_export
