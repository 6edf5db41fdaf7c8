#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace exportd {

/**
 * Grants a costly request at most once per interval. Anybody who can connect may NOTIFY any channel, so a request is
 * put off, never counted, and never lost.
 *
 * Pure logic on the caller's steady clock; owns no timer.
 */
class request_limit {
public:
    using clock = std::chrono::steady_clock;

    explicit request_limit(clock::duration interval) noexcept : m_interval{interval} {}

    void request(clock::time_point now) noexcept {
        if (!m_due)
            m_due = m_granted ? std::max(now, *m_granted + m_interval) : now;
    }
    /// When the request may be granted; nullopt when there is none.
    std::optional<clock::time_point> due() const noexcept { return m_due; }
    /// true once per request, from when it is due.
    bool grant(clock::time_point now) noexcept {
        if (!m_due || now < *m_due)
            return false;
        m_due.reset();
        m_granted = now;
        return true;
    }
    void set(clock::duration interval) noexcept { m_interval = interval; }

private:
    clock::duration m_interval;
    std::optional<clock::time_point> m_due;
    std::optional<clock::time_point> m_granted;
};

} // namespace exportd
