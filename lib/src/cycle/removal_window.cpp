#include "cycle/removal_window.hpp"

#include <algorithm>
#include <charconv>

namespace notes_export {

namespace {

constexpr std::size_t largest_share = 5; // one fifth
constexpr std::size_t handful = 10;
constexpr std::int64_t hour = 3600;
constexpr std::int64_t hours_kept = 24;

std::string_view next_word(std::string_view& line) {
    auto const word = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(word.size() + 1, line.size()));
    return word;
}

template <class Number>
bool read(std::string_view word, Number& number) {
    auto const [end, ec] = std::from_chars(word.data(), word.data() + word.size(), number);
    return ec == std::errc{} && end == word.data() + word.size();
}

// What is too old goes; what is of a time to come is of now.
void tidy(std::map<std::int64_t, std::size_t>& counts, std::int64_t now_hour) {
    std::size_t later = 0;
    for (auto at = counts.upper_bound(now_hour); at != counts.end(); at = counts.erase(at))
        later = std::max(later, at->second);
    if (later > 0)
        counts[now_hour] = std::max(counts[now_hour], later);
    counts.erase(counts.begin(), counts.lower_bound(now_hour - hours_kept));
}

} // namespace

removal_window::verdict removal_window::judge(std::string const& dataset, change const& c, std::int64_t now,
                                              bool allowed) {
    auto& counts = m_counts[dataset];
    tidy(counts, now / hour);
    auto most = c.before;
    for (auto const& [when, count] : counts)
        most = std::max(most, count);
    auto const missing = most > c.after ? most - c.after : 0;
    auto const going = std::max(c.removals, missing);
    bool const much = going > handful && going * largest_share > most;
    bool const shrinks = c.removals > 0 || c.before > c.after;
    bool const refused = much && shrinks && !allowed;
    m_worth_remembering = m_worth_remembering || shrinks || allowed || !counts.contains(now / hour);
    if (allowed)
        counts.clear();
    auto& of_now = counts[now / hour];
    of_now = std::max(of_now, allowed ? c.after : std::max(c.before, c.after));
    return {refused, going, most, !refused && shrinks && going > handful ? going : 0};
}

std::string removal_window::text() const {
    std::string lines;
    for (auto const& [dataset, counts] : m_counts)
        for (auto const& [when, count] : counts)
            lines += dataset + ' ' + std::to_string(when) + ' ' + std::to_string(count) + '\n';
    return lines;
}

removal_window removal_window::parse(std::string_view text) {
    removal_window window;
    while (!text.empty()) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        std::string const dataset{next_word(line)};
        std::int64_t when = 0;
        std::size_t count = 0;
        if (read(next_word(line), when) && read(line, count))
            window.m_counts[dataset].emplace(when, count);
    }
    return window;
}

} // namespace notes_export
