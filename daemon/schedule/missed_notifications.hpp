#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace exportd {

/**
 * Judges rows that polling found though nobody had announced them. During a long run of the ETL that is normal, as it
 * notifies at its end; for half an hour it means that the ETL's NOTIFY is missing.
 *
 * Pure logic on the caller's steady clock.
 */
class missed_notifications {
public:
    using clock = std::chrono::steady_clock;
    static constexpr std::chrono::minutes patience{30};

    enum class verdict {
        known, ///< said already
        first, ///< the first since the last notification
        silent ///< none for so long that it is a mistake; said once
    };

    verdict found(clock::time_point now) noexcept {
        ++m_count;
        if (!m_since) {
            m_since = now;
            return verdict::first;
        }
        if (m_silent || now - *m_since < patience)
            return verdict::known;
        m_silent = true;
        return verdict::silent;
    }
    void notified() noexcept {
        m_since.reset();
        m_silent = false;
    }
    std::uint64_t count() const noexcept { return m_count; }

private:
    std::optional<clock::time_point> m_since;
    bool m_silent = false;
    std::uint64_t m_count = 0;
};

} // namespace exportd
