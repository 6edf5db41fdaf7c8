#include "cycle/profile_reading.hpp"

#include "cycle/stopwatch.hpp"
#include "index/entry.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

namespace notes_export {

namespace {

using clock = std::chrono::steady_clock;

std::vector<std::int64_t> keys_of(std::span<work_row const> rows) {
    std::vector<std::int64_t> keys;
    keys.reserve(rows.size());
    for (auto const& row : rows)
        keys.push_back(row.key);
    return keys;
}

waiting_rows::waiting* find(waiting_rows& waiting, pg::result const& row) {
    return row.null(0, 1) ? nullptr : waiting.find({row.integer(0, 0), row.integer(0, 1)});
}

} // namespace

profile_reading::profile_reading(profile_job const& job, pg::connection& reader, profile_inspection& inspection,
                                 phase_times& times)
    : m_job{&job}, m_reader{&reader}, m_inspection{&inspection}, m_times{&times}, m_document{job.query.document} {}

void profile_reading::read(std::span<work_row const> rows, std::vector<profile_outcome>& outcomes) {
    waiting_rows waiting{rows};
    std::vector<work_row> several;
    m_reader->set_savepoint();
    auto begin = clock::now();
    bool bound = false;
    stream("read profiles of ", rows, [&](pg::result const& row) {
        m_times->add(phase::read, clock::now() - begin);
        if (!std::exchange(bound, true))
            m_document.bind(row);
        auto* const w = find(waiting, row);
        if (w != nullptr && w->outcome == w->nothing) {
            w->outcome = outcomes.size();
            outcomes.push_back(inspect(w->row, render(row)));
        } else if (w != nullptr && ++outcomes[w->outcome].documents == 2) {
            several.push_back(w->row);
        }
        begin = clock::now();
    });
    m_times->add(phase::read, clock::now() - begin);
    waiting.for_each_without_outcome(
        [&](work_row const& row) { outcomes.push_back(m_inspection->refuse_absent(row)); });
    for (auto const& row : several)
        choose(row, outcomes);
}

void profile_reading::stream(std::string const& what, std::span<work_row const> rows,
                             std::function<void(pg::result const&)> const& take) {
    m_reader->stream(what + m_job->set.table, m_job->query.text, std::array<pg::param, 1>{array_text(keys_of(rows))},
                     take);
}

profile_document profile_reading::render(pg::result const& row) {
    stopwatch const timing{*m_times, phase::render};
    m_bytes.clear();
    auto const id = m_document.append(m_bytes, row, 0);
    auto const begin = id.empty() ? 0 : static_cast<std::size_t>(id.data() - m_bytes.data());
    auto const length = id.size();
    m_bytes += '\n'; // which may move them
    return {m_bytes, std::string_view{m_bytes}.substr(begin, length), row.text(0, 2)};
}

profile_outcome profile_reading::inspect(work_row const& row, profile_document document) {
    m_bytes_read += document.bytes.size();
    return m_inspection->inspect(row, std::move(document));
}

// The document whose index entry, and then whose bytes, come last: the index chooses the same way, and so does every
// later cycle.
void profile_reading::choose(work_row const& row, std::vector<profile_outcome>& outcomes) {
    auto const first = std::ranges::find_if(outcomes, [&](auto const& out) { return out.row.name() == row.name(); });
    auto const documents = first->documents;
    m_inspection->discard(*first);
    outcomes.erase(first);
    std::pair<std::string, std::string> best;
    std::string id, name;
    stream("choose a profile of ", {&row, 1}, [&](pg::result const& one) {
        if (one.null(0, 1) || one.integer(0, 1) != row.id)
            return;
        auto document = render(one);
        std::pair now{entry_from_profile(m_bytes, m_job->set).value_or(""), m_bytes};
        if (now > best) {
            best = std::move(now);
            id = document.own_id;
            name = std::move(document.name);
        }
    });
    outcomes.push_back(inspect(row, {best.second, id, std::move(name)}));
    outcomes.back().documents = documents;
}

} // namespace notes_export
