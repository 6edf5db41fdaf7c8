#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

/// Figures as people read them.
namespace exportd {

std::string duration_text(std::chrono::duration<double> d); ///< "4.2 ms", "1.3 s", "5 min 20 s", "3 h 10 min"
std::string bytes_text(double bytes);                       ///< "5.3 kB", "1.2 GB"
std::string count_text(std::int64_t n);                     ///< "12 345", with narrow no-break spaces
/// "4 s ago", and the time itself for programs and for those who point at it; HTML.
std::string ago_html(std::chrono::system_clock::time_point t, std::chrono::system_clock::time_point now);

} // namespace exportd
