#include "status/progress_text.hpp"

#include "status/figure_text.hpp"
#include "status/painted.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace exportd {

namespace {

constexpr std::size_t shortest_bar = 10;
constexpr std::size_t longest_bar = 40;

std::string_view doing(progress_figures const& f) {
    return f.doing.empty() ? to_string(f.at.now) : f.doing;
}

bool knows_rows(progress_figures const& f) {
    return f.at.of > 0;
}

// 100 only when all is done.
std::uint64_t percent(progress_figures const& f) {
    auto const done = std::min(f.at.done, f.at.of);
    auto const share = 100.0 * static_cast<double>(done) / static_cast<double>(f.at.of);
    return done == f.at.of ? 100 : std::min(std::uint64_t{99}, static_cast<std::uint64_t>(share));
}

bool rows_go_by(progress_figures const& f) {
    return knows_rows(f) && f.at.done < f.at.of;
}

std::string rate_text(double rate) {
    return rate < 9.95 ? std::to_string(std::llround(std::ceil(rate))) : std::to_string(std::llround(rate));
}

std::string rows_text(progress_figures const& f) {
    return std::to_string(f.at.done) + " of " + std::to_string(f.at.of) + ' ' + std::string{f.what};
}

std::string bar_text(progress_figures const& f, std::size_t width, bool coloured) {
    auto const filled = static_cast<std::size_t>(percent(f)) * width / 100;
    std::string const full(filled, '#');
    return '[' + (coloured && filled > 0 ? painted(full, colour::green) : full) + std::string(width - filled, '-') +
           ']';
}

// What may be shown behind the bar, the most important first.
std::vector<std::string> figures_text(progress_figures const& f) {
    std::vector<std::string> parts;
    if (rows_go_by(f) && f.left)
        parts.push_back(duration_text(*f.left) + " left");
    if (knows_rows(f))
        parts.push_back(rows_text(f));
    if (rows_go_by(f) && f.rate > 0)
        parts.push_back(rate_text(f.rate) + ' ' + std::string{f.what} + "/s");
    if (!rows_go_by(f) || !f.left)
        parts.push_back(duration_text(f.elapsed));
    return parts;
}

} // namespace

std::string progress_text(progress_figures const& f) {
    auto text = std::string{doing(f)} + ": ";
    if (!knows_rows(f))
        return text + duration_text(f.elapsed) + " so far";
    text += rows_text(f) + " (" + std::to_string(percent(f)) + " %)";
    if (rows_go_by(f) && f.rate > 0)
        text += ", " + rate_text(f.rate) + ' ' + std::string{f.what} + "/s";
    return text + ", " +
           (rows_go_by(f) && f.left ? duration_text(*f.left) + " left" : duration_text(f.elapsed) + " so far");
}

std::string progress_line(progress_figures const& f, std::size_t columns, bool coloured) {
    if (columns < 2)
        return "";
    auto const room = columns - 1; // in the last one some terminals begin a new line
    std::string head{doing(f)};
    if (knows_rows(f))
        head += ' ' + std::to_string(percent(f)) + " %";
    if (head.size() > room)
        return head.substr(0, room);
    std::string tail;
    for (auto const& part : figures_text(f))
        if (head.size() + tail.size() + 2 + part.size() <= room)
            tail += "  " + part;
    auto const rest = room - head.size() - tail.size();
    if (!knows_rows(f) || rest < shortest_bar + 3)
        return head + tail;
    return head + ' ' + bar_text(f, std::min(rest - 3, longest_bar), coloured) + tail;
}

} // namespace exportd
