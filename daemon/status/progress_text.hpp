#pragma once

#include <notes_export/cycle.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace exportd {

/// Work that is under way.
struct progress_figures {
    notes_export::work_progress at;
    std::chrono::seconds elapsed{};
    double rate = 0;                               ///< rows a second; 0: not known
    std::optional<std::chrono::seconds> left = {}; ///< none: not known
    std::string_view what = "rows";
    std::string_view doing = {}; ///< "" is the phase
};

/// "read: 1200 of 5000 rows (24 %), 300 rows/s, 13 s left"; since when, where the end is not known
std::string progress_text(progress_figures const& f);

/// One line for a terminal that has so many columns, shorter than that by one at least: words, a bar, figures; what
/// does not fit is left out. Control sequences of `coloured` take no column.
std::string progress_line(progress_figures const& f, std::size_t columns, bool coloured);

} // namespace exportd
