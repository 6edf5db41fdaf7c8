#pragma once

#include <notes_export/check.hpp>

#include <string>
#include <vector>

namespace exportd {

/// What `check` prints for people: a line a finding, its remedy below it, and a last line with the verdict; in colours
/// for a terminal that shows them.
std::string check_text(std::vector<notes_export::finding> const& findings, bool colours);
/// What `check --json` prints: one object, one line.
std::string check_json(std::vector<notes_export::finding> const& findings);

} // namespace exportd
