#include "app/cycle_progress.hpp"

#include "log/logging.hpp"
#include "status/progress_text.hpp"
#include "systemd.hpp"

#include <cmath>
#include <string>
#include <vector>

namespace exportd {

namespace {

using clock = std::chrono::steady_clock;

} // namespace

void cycle_progress::begins(std::uint64_t cycle) {
    m_cycle = cycle;
    m_logged = clock::now();
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
    auto const now = clock::now();
    auto const c = look_at_cycle(m_health.snapshot(), now);
    if (!c)
        return;
    systemd::status("Cycle " + std::to_string(m_cycle) + " is running, " + progress_text(*c));
    if (now - m_logged < m_every.record)
        return;
    m_logged = now;
    log(*c);
}

// What is not known yet is left out.
void cycle_progress::log(progress_figures const& f) const {
    std::vector<logging::field> fields{{"cycle", m_cycle}, {"phase", to_string(f.at.now)}};
    if (f.at.of > 0) {
        fields.emplace_back("rows", f.at.done);
        fields.emplace_back("of", f.at.of);
    }
    if (f.rate > 0)
        fields.emplace_back("rate", std::round(f.rate));
    if (f.left)
        fields.emplace_back("left_s", f.left->count());
    logging::log(logging::level::info, "cycle_progress", "The cycle is still running", fields);
}

} // namespace exportd
