#pragma once

#include <notes_export/mirrors.hpp>

#include <chrono>
#include <string>

namespace exportd {

/// What `status` prints of mirrors: a line for each, and below it what is wrong; "" when there is none.
std::string mirror_lines(notes_export::mirror_views const& views, std::chrono::system_clock::time_point now);

} // namespace exportd
