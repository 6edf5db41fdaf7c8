#pragma once

#include <notes_export/exporter.hpp>

#include <string>
#include <vector>

namespace exportd {

/// Duration, files and bytes of cycles as bars, one a cycle, oldest first: HTML with inline SVG.
std::string cycle_charts(std::vector<notes_export::run_status> const& runs);

/// A bar for a part of a whole, from 0 to 1.
std::string share_bar(double share);

} // namespace exportd
