#include "status/figure_text.hpp"

#include <notes_export/utc_text.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace exportd {

namespace {

std::string two_digits(double value, std::string_view unit) {
    char text[32];
    bool const whole = std::abs(value - std::round(value)) < 0.05;
    std::snprintf(text, sizeof text, value < 9.95 && !whole ? "%.1f" : "%.0f", value);
    return text + (' ' + std::string{unit});
}

std::string two_parts(std::int64_t n, std::int64_t per, std::string const& large, std::string const& small) {
    auto const rest = n % per;
    return std::to_string(n / per) + ' ' + large + (rest == 0 ? "" : ' ' + std::to_string(rest) + ' ' + small);
}

} // namespace

std::string duration_text(std::chrono::duration<double> d) {
    auto const s = d.count();
    if (s == 0)
        return "0 s";
    if (s < 0.0009995)
        return two_digits(s * 1e6, "\u00b5s");
    if (s < 0.9995)
        return two_digits(s * 1000, "ms");
    if (s < 119.5)
        return two_digits(s, "s");
    auto const whole = std::llround(s);
    if (whole < 7200)
        return two_parts(whole, 60, "min", "s");
    if (whole < 172'800)
        return two_parts(whole / 60, 60, "h", "min");
    return two_parts(whole / 3600, 24, "d", "h");
}

std::string bytes_text(double bytes) {
    constexpr std::array<std::string_view, 5> units{"B", "kB", "MB", "GB", "TB"};
    std::size_t unit = 0;
    while (bytes >= 999.5 && unit + 1 < units.size()) {
        bytes /= 1000;
        ++unit;
    }
    return unit == 0 ? std::to_string(std::llround(bytes)) + " B" : two_digits(bytes, units[unit]);
}

std::string count_text(std::int64_t n) {
    auto text = std::to_string(n);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > (n < 0 ? 1 : 0); at -= 3)
        text.insert(static_cast<std::size_t>(at), "\u202f");
    return text;
}

std::string ago_html(std::chrono::system_clock::time_point t, std::chrono::system_clock::time_point now) {
    auto const exact = notes_export::utc_text(t);
    auto const age = std::max(now - t, std::chrono::system_clock::duration::zero());
    auto const text = age < std::chrono::seconds{1}
                          ? "just now"
                          : duration_text(std::chrono::floor<std::chrono::seconds>(age)) + " ago";
    return "<time datetime=\"" + exact + "\" title=\"" + exact + "\">" + text + "</time>";
}

} // namespace exportd
