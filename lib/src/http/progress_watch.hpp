#pragma once

#include "http/client_options.hpp"

#include <chrono>
#include <cstdint>

namespace notes_export::http {

/// Have too few bytes come and gone for too long? Pure: the clock is the caller's.
class progress_watch {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// The limits live as long as this.
    explicit progress_watch(patience const& limits) : m_limits{&limits} {}

    void begin(time_point now);
    /// So many bytes of the attempt by now; `answered`: the answer has begun, which is progress, too. Asked now and
    /// then.
    bool is_stuck(time_point now, std::uint64_t bytes, bool answered);

private:
    patience const* m_limits;
    time_point m_last;         ///< when there was progress
    std::uint64_t m_bytes = 0; ///< until then
    bool m_answered = false;   ///< the answer has begun
};

} // namespace notes_export::http
