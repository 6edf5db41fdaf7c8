#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace exportd {

/**
 * Which remarks of a cycle were told already: what stays as it is, such as removals that are held back, is told when it
 * begins, when it changes, and then once an hour.
 *
 * Pure logic on the caller's steady clock.
 */
class known_remarks {
public:
    using clock = std::chrono::steady_clock;
    static constexpr std::chrono::hours reminder{1};

    /// All remarks of a cycle; gives those that are not to be told again. What is not among them is over.
    std::set<std::string> among(std::vector<std::string> const& remarks, clock::time_point now) {
        std::map<std::string, clock::time_point> told;
        std::set<std::string> known;
        for (auto const& text : remarks) {
            auto const before = m_told.find(text);
            bool const is_known = before != m_told.end() && now - before->second < reminder;
            if (is_known)
                known.insert(text);
            told.emplace(text, is_known ? before->second : now);
        }
        m_told = std::move(told);
        return known;
    }

    /// All that is still so is told once more.
    void forget() noexcept { m_told.clear(); }

private:
    std::map<std::string, clock::time_point> m_told;
};

} // namespace exportd
