#include "verify/doubts.hpp"

#include "source/work_list.hpp"
#include "verify/comparing_pipeline.hpp"
#include "verify/rows_with_file.hpp"

#include <algorithm>
#include <iterator>

namespace notes_export {

namespace {

constexpr std::size_t many = 10'000;
// Publications wait while so many files are compared.
constexpr std::size_t rows_at_rest = 64;

} // namespace

bool doubts::are_many() const noexcept {
    return m_ids.size() >= many;
}

void doubts::settle() {
    while (!m_ids.empty()) {
        std::vector<std::int64_t> ids;
        std::ranges::copy_n(m_ids.begin(), static_cast<std::ptrdiff_t>(std::min(m_ids.size(), rows_at_rest)),
                            std::back_inserter(ids));
        m_sides->at_rest([&] { look_at(ids); });
        for (auto const id : ids)
            m_ids.erase(id);
    }
}

void doubts::look_at(std::vector<std::int64_t> const& ids) {
    auto const rows =
        read_rows_of_ids(m_sides->reader(), m_sides->statements, *m_dataset, m_sides->has_versions(*m_dataset), ids)
            .rows;
    auto const outcomes = comparing_pipeline(*m_sides, *m_dataset).run(profiles_among(rows));
    for (auto const& outcome : outcomes)
        m_found->judge(outcome);
    std::set<std::int64_t> with_file;
    for (auto const& row : rows) {
        m_found->note(row);
        if (row.has_file())
            with_file.insert(row.id);
    }
    for (auto const id : ids)
        if (!with_file.contains(id) && m_sides->files.is_removable(m_found->layout().of(id)))
            m_found->orphan(id);
}

} // namespace notes_export
