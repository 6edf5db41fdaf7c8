#include "app/cycle_announcer.hpp"

#include "cycles/cycle_log.hpp"
#include "log/logging.hpp"
#include "systemd.hpp"

namespace exportd {

using logging::level;

void cycle_announcer::begins() {
    ++m_cycle;
    m_monitor.cycle_begins();
    m_progress.begins(m_cycle);
}

void cycle_announcer::ended(cycle_outcome const& outcome, std::string_view remark) {
    m_progress.ended();
    if (!outcome.error)
        took_over();
    m_monitor.cycle_ended(outcome);
    bool const known = outcome.error && m_failure.known(describe(outcome.error), repeated_failure::clock::now());
    if (!outcome.error)
        m_failure.over();
    log_cycle(m_cycle, outcome, known);
    systemd::status(status_line(m_cycle, outcome).append(remark));
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
    systemd::status("Standby: " + holder);
    --m_cycle;
}

} // namespace exportd
