#pragma once

#include "cycles/cycle_outcome.hpp"

#include <cstdint>
#include <string>

namespace exportd {

/// One profile that was published or removed, at level debug. Any thread.
void log_entity(notes_export::entity_event const& event);

/// A publication waits for a reader. Any thread.
void log_waiting(std::string const& text);

/// The records that close a cycle: per dataset, refused rows, warnings, and the last one that monitoring looks for. A
/// `known` failure was told a short while ago: level debug.
void log_cycle(std::uint64_t cycle, cycle_outcome const& outcome, bool known);

/// One line for `systemctl status`.
std::string status_line(std::uint64_t cycle, cycle_outcome const& outcome);

} // namespace exportd
