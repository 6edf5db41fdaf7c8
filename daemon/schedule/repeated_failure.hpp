#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace exportd {

/**
 * Tells a new failure from one that was told already, so that a database that is down for a night does not fill the
 * log.
 *
 * Pure logic on the caller's steady clock.
 */
class repeated_failure {
public:
    using clock = std::chrono::steady_clock;
    static constexpr std::chrono::minutes reminder{10};

    explicit repeated_failure(std::chrono::minutes told_again = reminder) noexcept : m_reminder{told_again} {}

    /// true when this was told within the reminder's time, and nothing else happened since.
    bool known(std::string_view text, clock::time_point now) {
        if (text == m_text && now - m_told < m_reminder)
            return true;
        m_text = text;
        m_told = now;
        return false;
    }
    /// A success; true when it ends a failure.
    bool over() noexcept {
        bool const failed = !m_text.empty();
        m_text.clear();
        return failed;
    }

private:
    std::chrono::minutes m_reminder;
    std::string m_text;
    clock::time_point m_told{};
};

} // namespace exportd
