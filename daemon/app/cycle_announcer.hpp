#pragma once

#include "app/cycle_progress.hpp"
#include "cycles/cycle_log.hpp"
#include "cycles/cycle_outcome.hpp"
#include "schedule/known_remarks.hpp"
#include "schedule/quiet_cycles.hpp"
#include "schedule/repeated_failure.hpp"
#include "status/monitor.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace exportd {

/// Numbers the cycles, and tells log, monitor and service manager what came of each. Thread: the io_context's.
class cycle_announcer {
public:
    cycle_announcer(asio::io_context& io, monitor& m, cycle_progress::intervals every = {})
        : m_monitor{m}, m_progress{io, m.state(), every} {}

    void begins();
    /// `asked`: somebody wanted this very cycle, and is told of its end whatever it found.
    void ended(cycle_outcome const& outcome, bool asked);
    /// Another one to tell the service manager: whether notifications arrive.
    void hearing_changed() { tell_service_manager(); }
    /// Another instance is at work, so that there was no cycle.
    void standing_by(std::string const& holder);

private:
    void took_over();
    told known(cycle_outcome const& outcome, bool asked);
    std::set<std::string> known_warnings(cycle_outcome const& outcome, bool asked);
    void tell_missing(cycle_outcome const& outcome);
    void tell_other_exporter(cycle_outcome const& outcome);
    void tell_service_manager();

    monitor& m_monitor;
    cycle_progress m_progress;
    repeated_failure m_failure;
    quiet_cycles m_quiet;
    known_remarks m_remarks;
    std::vector<std::string> m_missing;              ///< parts of install.sql, as it was logged
    repeated_failure m_other{std::chrono::hours{1}}; ///< another program that exports the same data
    std::string m_standby_for;                       ///< who holds the tree, as it was logged; "" when we do
    std::uint64_t m_cycle = 0;
};

} // namespace exportd
