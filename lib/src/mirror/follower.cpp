#include "mirror/follower.hpp"

#include <algorithm>

namespace notes_export::mirror {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds shortest_after_failure{1'000};
constexpr milliseconds longest_after_failure{300'000};
constexpr milliseconds shortest_after_move{100};
constexpr milliseconds longest_after_move{10'000};
constexpr std::chrono::minutes patience_with_tree{5};
constexpr int most_doublings = 20;

} // namespace

follower::decision follower::next(position const& p, clock::time_point now) const {
    if (m_not_before && *m_not_before > now)
        return {.step = false, .at = *m_not_before, .early = false};
    if (!p.tree || *p.tree == p.target)
        return {.step = false, .at = now + m_pace.look_again, .early = true};
    auto const allowed = m_last_begin ? *m_last_begin + m_pace.min_interval : now;
    if (allowed > now)
        return {.step = false, .at = allowed, .early = false};
    return {.step = true, .at = now, .early = false};
}

void follower::succeeded() noexcept {
    m_attempts = 0;
    m_not_before.reset();
    m_moving_since.reset();
}

void follower::failed(clock::time_point now, double chance) noexcept {
    wait_longer(now, chance, shortest_after_failure, longest_after_failure);
}

bool follower::moved_on(clock::time_point now, double chance) noexcept {
    if (!m_moving_since)
        m_moving_since = now;
    m_last_begin.reset(); // that step was none
    wait_longer(now, chance, shortest_after_move, longest_after_move);
    return now - *m_moving_since >= patience_with_tree;
}

// At least half of it, so that a failing mirror is never busy.
void follower::wait_longer(clock::time_point now, double chance, milliseconds shortest, milliseconds longest) noexcept {
    auto const limit = std::min(longest, shortest * (1 << std::min(m_attempts, most_doublings)));
    ++m_attempts;
    auto const half = static_cast<double>(limit.count()) / 2;
    m_not_before = now + milliseconds{static_cast<milliseconds::rep>(half + half * std::clamp(chance, 0.0, 1.0))};
}

} // namespace notes_export::mirror
