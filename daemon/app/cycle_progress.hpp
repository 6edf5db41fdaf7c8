#pragma once

#include "asio.hpp"
#include "status/health.hpp"
#include "status/running_cycle.hpp"

#include <chrono>
#include <cstdint>

namespace exportd {

/**
 * Tells of a cycle that takes long: a line for the service manager every few seconds, and a record now and then.
 *
 * Thread: the io_context's.
 */
class cycle_progress {
public:
    struct intervals {
        std::chrono::milliseconds line{5'000};
        std::chrono::milliseconds record{30'000};
    };

    /// The health outlives it.
    cycle_progress(asio::io_context& io, health const& h, intervals every) : m_timer{io}, m_health{h}, m_every{every} {}

    void begins(std::uint64_t cycle);
    void ended();

private:
    void wait();
    void tell();
    void log(progress_figures const& f) const;

    asio::steady_timer m_timer;
    health const& m_health;
    intervals m_every;
    std::uint64_t m_cycle = 0; ///< 0: none is running
    std::chrono::steady_clock::time_point m_logged;
};

} // namespace exportd
