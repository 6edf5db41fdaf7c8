#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace notes_export::mirror {

/**
 * Decides what a mirror does next: a step now, or a look again then. Pure: clock and chance come from the caller.
 *
 * Generations that come while it waits are merged into the one step that follows. After a failure it waits, longer each
 * time and not always as long, so that many mirrors do not come back at once. A tree that moved on while a step read it
 * is no failure at first: that step is begun again soon.
 */
class follower {
public:
    using clock = std::chrono::steady_clock;
    using milliseconds = std::chrono::milliseconds;

    struct pace {
        milliseconds min_interval{0};    ///< between the beginnings of two steps
        milliseconds look_again{60'000}; ///< when nothing told of news
    };
    explicit follower(pace p) : m_pace{p} {}

    /// Generations; tree: nullopt is that nothing is published.
    struct position {
        std::optional<std::uint64_t> tree;
        std::uint64_t target = 0;
    };
    struct decision {
        bool step = false;
        clock::time_point at; ///< no step: when to look again, at the latest
        bool early = false;   ///< news of the tree may end the wait
    };
    decision next(position const& p, clock::time_point now) const;

    void began(clock::time_point now) noexcept { m_last_begin = now; }
    void succeeded() noexcept;
    /// `chance` is in [0, 1).
    void failed(clock::time_point now, double chance) noexcept;
    /// The tree moved on. true: it has done so for so long that it counts as a failure.
    bool moved_on(clock::time_point now, double chance) noexcept;

private:
    void wait_longer(clock::time_point now, double chance, milliseconds shortest, milliseconds longest) noexcept;

    pace m_pace;
    std::optional<clock::time_point> m_last_begin;
    std::optional<clock::time_point> m_not_before; ///< after a failure
    std::optional<clock::time_point> m_moving_since;
    int m_attempts = 0; ///< in a row that came to nothing
};

} // namespace notes_export::mirror
