#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

namespace exportd {

/// How fast rows go by, of the last half minute. Pure: the time is the caller's.
class pace {
public:
    using clock = std::chrono::steady_clock;

    /// So many rows are done now. Fewer than before: other work has begun.
    void at(clock::time_point now, std::uint64_t done);

    /// Rows a second; 0: not known yet.
    double rate() const noexcept;
    /// Until `of` are done; none: not known.
    std::optional<std::chrono::seconds> left(std::uint64_t of) const noexcept;

private:
    struct sample {
        clock::time_point when;
        std::uint64_t done;
    };
    std::deque<sample> m_samples; ///< at most one for each second, but the last
};

} // namespace exportd
