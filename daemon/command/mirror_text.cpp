#include "command/mirror_text.hpp"

#include "log/safe_text.hpp"
#include "status/figure_text.hpp"

#include <algorithm>

namespace exportd {

namespace {

std::string state_of(notes_export::mirror_view const& m, std::chrono::system_clock::time_point now) {
    auto const& s = m.said;
    std::string text = s.name + ": ";
    text += !m.running() ? "not running" : m.failing() ? "failing" : m.lag.count() > 0 ? "behind" : "current";
    text += s.generation == 0 ? ", nothing there yet" : ", generation " + std::to_string(s.generation);
    if (s.generation_time > 0) {
        std::chrono::system_clock::time_point const step{std::chrono::seconds{s.generation_time}};
        text +=
            " since " +
            duration_text(std::chrono::floor<std::chrono::seconds>(std::max(now - step, decltype(now - step)::zero())));
    }
    if (s.ended > 0)
        text += ", last run with --once " +
                duration_text(std::chrono::floor<std::chrono::seconds>(
                    std::max(now - std::chrono::system_clock::time_point{std::chrono::seconds{s.ended}},
                             decltype(now - now)::zero()))) +
                " ago";
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
