#pragma once

#include "app/cycle_progress.hpp"
#include "cycles/cycle_outcome.hpp"
#include "schedule/repeated_failure.hpp"
#include "status/monitor.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace exportd {

/// Numbers the cycles, and tells log, monitor and service manager what came of each. Thread: the io_context's.
class cycle_announcer {
public:
    cycle_announcer(asio::io_context& io, monitor& m, cycle_progress::intervals every = {})
        : m_monitor{m}, m_progress{io, m.state(), every} {}

    void begins();
    /// `remark` is added to the line for the service manager.
    void ended(cycle_outcome const& outcome, std::string_view remark);
    /// Another instance is at work, so that there was no cycle.
    void standing_by(std::string const& holder);

private:
    void took_over();

    monitor& m_monitor;
    cycle_progress m_progress;
    repeated_failure m_failure;
    std::string m_standby_for; ///< who holds the tree, as it was logged; "" when we do
    std::uint64_t m_cycle = 0;
};

} // namespace exportd
