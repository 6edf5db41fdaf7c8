#pragma once

#include <notes_export/mirrors.hpp>

#include <chrono>
#include <string>

namespace exportd {

/// A section of the status page with a row for each mirror, which wraps on a narrow screen; "" when there is none.
std::string mirrors_section(notes_export::mirror_views const& views, std::chrono::system_clock::time_point now);

} // namespace exportd
