#include "app/cycle_announcer.hpp"

#include "log/logging.hpp"
#include "status/verdict.hpp"
#include "systemd.hpp"

namespace exportd {

using logging::level;

void cycle_announcer::begins() {
    ++m_cycle;
    m_monitor.cycle_begins();
    m_progress.begins(m_cycle);
}

void cycle_announcer::ended(cycle_outcome const& outcome, bool asked) {
    m_progress.ended();
    if (!outcome.error)
        took_over();
    m_monitor.cycle_ended(outcome);
    log_cycle(m_cycle, outcome, known(outcome, asked), known_warnings(outcome, asked));
    if (!outcome.error)
        tell_missing(outcome);
    if (outcome.report.other.seen())
        tell_other_exporter(outcome);
    tell_service_manager();
}

told cycle_announcer::known(cycle_outcome const& outcome, bool asked) {
    auto const now = std::chrono::steady_clock::now();
    if (outcome.error)
        return m_failure.known(kind_of_failure(outcome.error), now) ? told::before : told::now;
    bool const mended = m_failure.over();
    if (!asked && !mended && !worth_recording(outcome.report))
        return m_quiet.worth_telling(now) ? told::now : told::before;
    m_quiet.told(now);
    return told::now;
}

// A cycle that failed did not come to all that it would have remarked.
std::set<std::string> cycle_announcer::known_warnings(cycle_outcome const& outcome, bool asked) {
    if (outcome.error)
        return {};
    if (asked)
        m_remarks.forget();
    return m_remarks.among(outcome.report.warnings, std::chrono::steady_clock::now());
}

void cycle_announcer::tell_missing(cycle_outcome const& outcome) {
    if (outcome.report.missing == m_missing)
        return;
    m_missing = outcome.report.missing;
    log_missing_parts(m_missing);
}

void cycle_announcer::tell_other_exporter(cycle_outcome const& outcome) {
    bool const known = m_other.known("other_exporter", std::chrono::steady_clock::now());
    log_other_exporter(outcome.report.other, known ? told::before : told::now);
}

void cycle_announcer::tell_service_manager() {
    systemd::status(state_line(m_monitor.state().snapshot(), std::chrono::steady_clock::now()));
}

void cycle_announcer::took_over() {
    if (m_standby_for.empty())
        return;
    logging::log(level::info, "took_over", "The other instance is gone; this one is at work now",
                 {{"before", m_standby_for}});
    m_standby_for.clear();
}

void cycle_announcer::standing_by(std::string const& holder) {
    m_progress.ended();
    if (m_standby_for != holder)
        logging::log(level::info, "standby", "Another instance is at work; waiting to take over", {{"error", holder}});
    m_standby_for = holder;
    m_monitor.standing_by(holder);
    tell_service_manager();
    --m_cycle;
}

} // namespace exportd
