#pragma once

#include "command/overall_state.hpp"

#include <notes_export/exporter.hpp>

#include <filesystem>
#include <string>

namespace exportd {

/// What `status` prints for people.
std::string status_text(whole_status const& s, std::filesystem::path const& directory);
/// What `status --json` prints: one object, one line.
std::string status_json(whole_status const& s);
/// To stdout: quarantined rows, and what else a cycle has to say to people.
void print_remarks(notes_export::cycle_report const& r);
/// What `once` prints at its end.
std::string describe_cycle(notes_export::cycle_report const& r);

} // namespace exportd
