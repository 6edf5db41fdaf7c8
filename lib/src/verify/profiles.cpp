#include "verify/profiles.hpp"

#include "cycle/profile_pipeline.hpp"
#include "cycle/quarantine.hpp"
#include "source/work_list.hpp"
#include "verify/branches.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace notes_export {

namespace {

using clock = std::chrono::steady_clock;
using role = work_row::role;

constexpr std::size_t page_rows = 8192;
// A further one costs a sort of the whole table.
constexpr std::chrono::minutes oldest_snapshot{5};
constexpr std::size_t most_doubts = 10'000;
// Publications wait while so many files are compared.
constexpr std::size_t rows_at_rest = 64;

bool has_file(work_row const& row) {
    return row.what == role::profile || row.what == role::keyless;
}

class profile_comparison {
public:
    profile_comparison(sides& s, dataset const& d, findings& found)
        : m_sides{s}, m_dataset{d}, m_layout{d.path}, m_findings{found}, m_branches{m_layout} {}

    compared_profiles run() {
        m_known.since = m_sides.settled();
        m_branch_since = m_known.since;
        while (!m_done)
            m_sides.despite_oversized([this] { leg(); });
        return std::move(m_known);
    }

private:
    /// With one snapshot, from where the one before ended.
    void leg() {
        look_again();
        m_leg_since = m_sides.settled();
        m_sides.begin_snapshot();
        if (!std::exchange(m_looked_for_repeated_keys, true))
            report_repeated_keys();
        row_pages pages{m_sides.reader(), m_sides.statements, m_dataset, m_sides.has_versions(m_dataset), m_place};
        auto pipe = pipeline();
        auto const end = clock::now() + oldest_snapshot;
        while (clock::now() < end && m_doubts.size() < most_doubts) {
            auto const page = pages.next(page_rows);
            compare(page.rows, pipe);
            if (page.end)
                return finish();
        }
    }

    // No row is behind the last one.
    void finish() {
        close_branches(m_branches.end());
        look_again();
        m_done = true;
    }

    profile_pipeline pipeline() {
        return {{m_sides.database, m_sides.statements, m_sides.columns, m_sides.files, nullptr, m_sides.schemas,
                 m_sides.config.workers, m_sides.stop, &m_sides.oversized},
                m_dataset};
    }

    void report_repeated_keys() {
        for (auto const& [key, rows] : read_repeated_keys(m_sides.reader(), m_sides.statements, m_dataset,
                                                          static_cast<int>(findings::listed_drifts)))
            m_findings.warn(m_dataset.table + ": " + m_dataset.key_column + " = " + std::to_string(key) +
                            " stands in " + std::to_string(rows) + " rows; it should be unique");
    }

    void compare(std::vector<work_row> const& rows, profile_pipeline& pipe) {
        auto const outcomes = pipe.run(profiles_among(rows));
        m_findings.checked(outcomes.size());
        bool const sure = m_sides.now() == m_leg_since;
        for (auto const& outcome : outcomes)
            if (sure)
                judge(outcome);
            else if (outcome.what != profile_outcome::kind::equal)
                m_doubts.insert(outcome.row.id);
        for (auto const& row : rows) {
            if (row.what == role::keyless)
                warn_of_key(row);
            note(row);
            if (!has_file(row))
                continue;
            close_branches(m_layout.branch_number(row.id));
            m_ids_of_branch.push_back(row.id);
        }
        if (!rows.empty())
            m_place = {m_layout.directory_number(rows.back().id), rows.back().id};
    }

    static std::vector<work_row> profiles_among(std::vector<work_row> const& rows) {
        std::vector<work_row> profiles;
        std::ranges::copy_if(rows, std::back_inserter(profiles),
                             [](work_row const& row) { return row.what == role::profile; });
        return profiles;
    }

    void warn_of_key(work_row const& row) {
        m_findings.warn(m_layout.of(row.id) + ": " + m_dataset.key_column + " is NULL in the row of this id");
    }

    void note(work_row const& row) {
        if (row.what != role::profile)
            m_known.special.insert(row.id);
    }

    void judge(profile_outcome const& outcome) {
        auto const path = m_layout.of(outcome.row.id);
        if (outcome.what == profile_outcome::kind::refused) {
            // Nothing is wrong with the tree: it rightly does not hold this row.
            m_findings.warn(path + ": the row does not fit " + m_dataset.profile_schema + " (" + outcome.why.keyword +
                            " at \"" + outcome.why.pointer + "\"), so its file is " +
                            (outcome.had_file ? "the last valid one" : "missing"));
            if (!outcome.row.pending)
                m_findings.differs(drift::kind::invalid, path, false);
            m_known.special.insert(outcome.row.id);
        } else if (outcome.what == profile_outcome::kind::drifted) {
            m_findings.differs(outcome.had_file ? drift::kind::differs : drift::kind::missing, path,
                               outcome.row.pending);
        }
    }

    /// No row of a branch before this one follows.
    void close_branches(std::int64_t number) {
        for (; m_branches.next_is_before(number); m_branches.advance()) {
            auto const ids = m_sides.files.profile_ids(m_layout, m_branches.next());
            m_known.files += ids.size();
            std::ranges::sort(m_ids_of_branch);
            bool const sure = m_sides.now() == m_branch_since;
            for (auto const id : ids)
                if (!std::ranges::binary_search(m_ids_of_branch, id))
                    take_orphan(id, sure);
            m_ids_of_branch.clear();
            m_branch_since = m_leg_since;
        }
    }

    void take_orphan(std::int64_t id, bool sure) {
        if (sure)
            m_findings.differs(drift::kind::orphan, m_layout.of(id), false);
        else
            m_doubts.insert(id);
    }

    /// What did not agree with a snapshot from before a publication.
    void look_again() {
        while (!m_doubts.empty()) {
            std::vector<std::int64_t> ids;
            std::ranges::copy_n(m_doubts.begin(), static_cast<std::ptrdiff_t>(std::min(m_doubts.size(), rows_at_rest)),
                                std::back_inserter(ids));
            m_sides.at_rest([&] { look_at(ids); });
            for (auto const id : ids)
                m_doubts.erase(id);
        }
    }

    void look_at(std::vector<std::int64_t> const& ids) {
        auto const rows =
            read_rows_of_ids(m_sides.reader(), m_sides.statements, m_dataset, m_sides.has_versions(m_dataset), ids)
                .rows;
        auto pipe = pipeline();
        auto const outcomes = pipe.run(profiles_among(rows));
        std::ranges::for_each(outcomes, [this](profile_outcome const& outcome) { judge(outcome); });
        std::set<std::int64_t> with_row;
        for (auto const& row : rows) {
            note(row);
            if (has_file(row))
                with_row.insert(row.id);
        }
        for (auto const id : ids)
            if (!with_row.contains(id) && m_sides.files.is_removable(m_layout.of(id)))
                take_orphan(id, true);
    }

    sides& m_sides;
    dataset const& m_dataset;
    entity_path m_layout;
    findings& m_findings;
    compared_profiles m_known;

    bool m_looked_for_repeated_keys = false;
    bool m_done = false;
    sides::moment m_leg_since;
    file_place m_place; ///< of the last row that was compared
    branches m_branches;
    std::vector<std::int64_t> m_ids_of_branch; ///< ids of the next branch that have a file, so far
    sides::moment m_branch_since;              ///< when the snapshot was begun that the first of them are from
    std::set<std::int64_t> m_doubts;           ///< ids to be looked at again
};

} // namespace

compared_profiles compare_profiles(sides& s, dataset const& d, findings& found) {
    return profile_comparison{s, d, found}.run();
}

} // namespace notes_export
