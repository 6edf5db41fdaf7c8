#pragma once

#include "cycle_runner.hpp"

#include <cstdint>

namespace exportd {

/// One profile that was published or removed, at level debug. Any thread.
void log_entity(notes_export::entity_event const& event);

/// The records that close a cycle: per dataset, refused rows, warnings, and the last one that monitoring looks for. A
/// `known` failure was told a short while ago: level debug.
void log_cycle(std::uint64_t cycle, cycle_outcome const& outcome, bool known);

/// One line for `systemctl status`.
std::string status_line(std::uint64_t cycle, cycle_outcome const& outcome);

} // namespace exportd
