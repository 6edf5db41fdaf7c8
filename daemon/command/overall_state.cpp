#include "command/overall_state.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace exportd {

namespace {

constexpr std::array<std::string_view, 3> good{"well", "remarks", "standby"};
/// Words of a daemon whose last cycle did not fail.
constexpr std::array<std::string_view, 5> succeeding{"well", "remarks", "copies", "held", "behind"};
constexpr std::array<std::string_view, 8> words_of_daemon{"well",     "remarks", "standby", "copies",
                                                          "starting", "held",    "behind",  "failing"};

bool is_among(std::string_view word, auto const& words) {
    return std::ranges::find(words, word) != words.end();
}

/// A machine that publishes nothing, and keeps copies of trees of others: no daemon is missed there.
bool only_copies(notes_export::status_report const& s) {
    auto const is_pull = [](auto const& m) { return m.said.kind == "pull"; };
    return s.generation == 0 && s.runs.empty() && !s.mirrors.mirrors.empty() &&
           std::ranges::all_of(s.mirrors.mirrors, is_pull);
}

bool has_problems(whole_status const& s) {
    return !s.report.tree_problem.empty() || !s.report.database_problem.empty();
}

std::string state_beside_daemon(whole_status const& s) {
    auto told = s.live.state();
    if (!is_among(told, good))
        return is_among(told, words_of_daemon) ? told : "unknown";
    if (s.report.mirrors.bad())
        return "copies";
    if (told == "standby") // it needs neither yet
        return told;
    if (has_problems(s) && s.problems_count)
        return "failing";
    return s.mistaken ? "remarks" : told;
}

std::string state_without_daemon(whole_status const& s) {
    bool const run_failed = !s.report.runs.empty() && !s.report.runs.front().error.empty();
    if (run_failed || (has_problems(s) && s.problems_count))
        return "failing";
    if (s.report.mirrors.bad())
        return "copies";
    return s.live.absent() && !has_problems(s) ? "well" : "unknown";
}

} // namespace

std::string state_of(whole_status const& s) {
    if (s.live.known())
        return state_beside_daemon(s);
    if (!s.live.absent() || !s.report.holder.empty())
        return state_without_daemon(s);
    if (only_copies(s.report))
        return s.report.mirrors.bad() ? "copies" : "well";
    return "down";
}

exit_code code_of(std::string const& state) {
    return state == "down" ? exit_code::down : is_among(state, good) ? exit_code::success : exit_code::failure;
}

bool is_over(whole_status const& s) {
    return s.live.known() && is_among(s.live.state(), succeeding);
}

} // namespace exportd
