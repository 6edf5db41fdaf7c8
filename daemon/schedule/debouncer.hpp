#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace exportd {

/**
 * When to run after a burst of hints: at min(last hint + quiet, first hint + max_delay).
 *
 * Pure logic on the caller's steady clock; owns no timer.
 */
class debouncer {
public:
    using clock = std::chrono::steady_clock;

    debouncer(clock::duration quiet, clock::duration max_delay) noexcept : m_quiet{quiet}, m_max_delay{max_delay} {}

    void hint(clock::time_point now) noexcept {
        if (!m_first)
            m_first = now;
        m_last = now;
    }
    /// When the hints so far are to be served; nullopt when there are none.
    std::optional<clock::time_point> due() const noexcept {
        if (!m_first)
            return std::nullopt;
        return std::min(m_last + m_quiet, *m_first + m_max_delay);
    }
    /// The hints so far are served by what begins now; later ones count anew.
    void served() noexcept { m_first.reset(); }

    void set(clock::duration quiet, clock::duration max_delay) noexcept {
        m_quiet = quiet;
        m_max_delay = max_delay;
    }

private:
    clock::duration m_quiet;
    clock::duration m_max_delay;
    std::optional<clock::time_point> m_first;
    clock::time_point m_last{};
};

} // namespace exportd
