#pragma once

#include <chrono>
#include <optional>

namespace exportd {

/**
 * Which of the cycles that found nothing to do are worth a line in the log: one an hour, as a sign of life, and only
 * when no other cycle had its line meanwhile.
 *
 * Pure logic on the caller's steady clock.
 */
class quiet_cycles {
public:
    using clock = std::chrono::steady_clock;
    static constexpr std::chrono::hours sign_of_life{1};

    /// A cycle that found nothing to do: is it to be told?
    bool worth_telling(clock::time_point now) noexcept {
        if (m_told && now - *m_told < sign_of_life)
            return false;
        m_told = now;
        return true;
    }
    /// Another one was told.
    void told(clock::time_point now) noexcept { m_told = now; }

private:
    std::optional<clock::time_point> m_told;
};

} // namespace exportd
