#include "cycle/cycle.hpp"

#include "cycle/stopwatch.hpp"

#include <algorithm>

namespace notes_export {

cycle::cycle(exporter_parts& parts, cycle_request const& request, std::stop_token stop)
    : m_parts{parts}, m_request{request}, m_stop{std::move(stop)} {
    m_report.started = std::chrono::system_clock::now();
    for (auto const& d : standard_datasets())
        m_work.emplace_back(d);
}

void cycle::enter(phase p) {
    if (m_stop.stop_requested())
        throw cancelled{};
    if (m_parts.observer.entering)
        m_parts.observer.entering(p);
}

std::size_t cycle::removal_count() const {
    std::size_t n = 0;
    for (auto const& w : m_work)
        n += w.removals.size();
    return n;
}

cycle_report cycle::run() {
    detect();
    if (idle() && m_report.mode == cycle_mode::incremental)
        m_report.reason = "nothing pending";
    if (!idle()) {
        enter(phase::read);
        for (auto& w : m_work)
            export_profiles(w);
        for (auto& w : m_work)
            if (w.sweep)
                begin_sweep(w);
        begin_sync();
        enter(phase::index);
        for (auto& w : m_work) {
            build_index(w);
            finish_sweep(w);
            guard_shrink(w);
            guard_index_size(w);
        }
    }
    build_documents();
    if (!idle() || !m_documents.empty())
        database_identity();
    m_parts.database.end_snapshot();
    finish_batch();
    build_metadata();
    publish();
    mark();
    remember();
    m_parts.held->now = held_tree::condition::tidy;

    for (auto& w : m_work) {
        w.report.quarantined = m_parts.refused.count(w.d->name);
        w.report.pending -= std::min(w.report.pending, w.report.marked);
        m_report.datasets.push_back(w.report);
    }
    for (auto& text : m_parts.database.take_warnings())
        warn(std::move(text));
    m_report.finished = std::chrono::system_clock::now();
    m_report.duration = std::chrono::steady_clock::now() - m_begin;
    return std::move(m_report);
}

} // namespace notes_export
