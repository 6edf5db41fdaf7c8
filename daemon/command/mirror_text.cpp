#include "command/mirror_text.hpp"

#include "log/safe_text.hpp"
#include "status/figure_text.hpp"

#include <algorithm>
#include <cstdint>

namespace exportd {

namespace {

/// How long that is ago, in Unix seconds; nothing is later than now.
std::string since(std::int64_t seconds, std::chrono::system_clock::time_point now) {
    auto const ago = now - std::chrono::system_clock::time_point{std::chrono::seconds{seconds}};
    return duration_text(std::chrono::floor<std::chrono::seconds>(std::max(ago, decltype(ago)::zero())));
}

std::string state_of(notes_export::mirror_view const& m, std::chrono::system_clock::time_point now) {
    auto const& s = m.said;
    std::string text = s.name + ": ";
    text += !m.running() ? "not running" : m.failing() ? "failing" : m.lag.count() > 0 ? "behind" : "current";
    text += s.generation == 0 ? ", nothing there yet" : ", generation " + std::to_string(s.generation);
    if (s.generation_time > 0)
        text += " since " + since(s.generation_time, now);
    if (s.ended > 0)
        text += ", last run with --once " + since(s.ended, now) + " ago";
    if (m.lag.count() > 0)
        text += ", behind for " + duration_text(m.lag);
    return text + " (" + s.kind + ' ' + s.url + ')';
}

} // namespace

std::string mirror_lines(notes_export::mirror_views const& views, std::chrono::system_clock::time_point now) {
    std::string lines;
    for (auto const& m : views.mirrors) {
        lines += "Mirror     " + logging::printable(state_of(m, now)) + '\n';
        if (!m.problem.empty())
            lines += "           " + logging::printable(m.problem) + '\n';
    }
    for (auto const& problem : views.problems)
        lines += "Mirror     " + logging::printable(problem) + '\n';
    return lines;
}

} // namespace exportd
