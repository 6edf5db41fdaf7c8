#pragma once

#include "cycles/cycle_outcome.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace exportd {

/// One profile that was published or removed, at level debug. Any thread.
void log_entity(notes_export::entity_event const& event);

/// A publication waits for a reader. Any thread.
void log_waiting(std::string const& text);

/// Has the log what this cycle ended with? Then it is level debug: the failure of a short while ago once more, or that
/// there was nothing to do once more.
enum class told { now, before };

/// The records that close a cycle: per dataset, quarantined rows, warnings, and the last one that monitoring looks for.
/// Warnings among the known ones are level debug.
void log_cycle(std::uint64_t cycle, cycle_outcome const& outcome, told known,
               std::set<std::string> const& known_warnings = {});

/// Another program exports the same data. `known`: that was told a short time ago.
void log_other_exporter(notes_export::other_exporter const& traces, told known);
/// What of install.sql is missing has changed.
void log_missing_parts(std::vector<std::string> const& missing);

} // namespace exportd
