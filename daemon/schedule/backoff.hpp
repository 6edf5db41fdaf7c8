#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace exportd {

/// Waiting times between attempts: exponential with full jitter, for ever, so that many clients do not return at once.
class backoff {
public:
    using milliseconds = std::chrono::milliseconds;

    explicit backoff(milliseconds shortest = milliseconds{250}, milliseconds longest = milliseconds{30'000})
        : m_shortest{shortest}, m_longest{longest}, m_limit{shortest} {}

    milliseconds next() {
        std::uniform_int_distribution<milliseconds::rep> any{m_shortest.count(), m_limit.count()};
        m_limit = std::min(m_longest, 2 * m_limit);
        return milliseconds{any(m_random)};
    }
    void reset() noexcept { m_limit = m_shortest; }

private:
    milliseconds m_shortest;
    milliseconds m_longest;
    milliseconds m_limit;
    std::minstd_rand m_random{std::random_device{}()};
};

} // namespace exportd
