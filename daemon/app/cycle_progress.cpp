#include "app/cycle_progress.hpp"

#include "log/logging.hpp"
#include "status/progress_text.hpp"
#include "systemd.hpp"

#include <cmath>
#include <string>

namespace exportd {

namespace {

using clock = std::chrono::steady_clock;

} // namespace

void cycle_progress::begins(std::uint64_t cycle) {
    m_cycle = cycle;
    m_logged = clock::now();
    m_pace = {};
    wait();
}

void cycle_progress::ended() {
    m_cycle = 0;
    m_timer.cancel();
}

void cycle_progress::wait() {
    m_timer.expires_after(m_every.line);
    m_timer.async_wait([this](error_code const& e) {
        if (e || m_cycle == 0) // it may have expired just before
            return;
        tell();
        wait();
    });
}

void cycle_progress::tell() {
    auto const s = m_health.snapshot();
    auto const now = clock::now();
    m_pace.at(now, s.rows_done);
    auto const elapsed = std::chrono::duration_cast<std::chrono::seconds>(now - s.running_since.value_or(now));
    systemd::status("Cycle " + std::to_string(m_cycle) + " is running, " +
                    progress_text({{s.phase, s.rows_done, s.rows}, elapsed, m_pace.rate(), m_pace.left(s.rows)}));
    if (now - m_logged < m_every.record)
        return;
    m_logged = now;
    log(s);
}

// -1: not known.
void cycle_progress::log(health_state const& s) const {
    auto const left = m_pace.left(s.rows);
    logging::log(logging::level::info, "cycle_progress", "The cycle is still running",
                 {{"cycle", m_cycle},
                  {"phase", to_string(s.phase)},
                  {"rows", s.rows_done},
                  {"of", s.rows},
                  {"rate", std::round(m_pace.rate())},
                  {"left_s", left ? left->count() : -1}});
}

} // namespace exportd
