#pragma once

#include "asio.hpp"
#include "exit_codes.hpp"

#include <notes_export/report.hpp>

#include <atomic>
#include <functional>

namespace exportd {

/**
 * How the daemon comes to its end: whether that has begun, what the process will say of it, and how long a running
 * cycle is waited for.
 *
 * Thread  the io_context's, except entering(), which is the cycle's.
 */
class shutdown {
public:
    explicit shutdown(asio::io_context& io) : m_patience{io} {}

    bool begun() const noexcept { return m_begun; }
    exit_code code() const noexcept { return m_code; }

    void begin(exit_code code) noexcept;
    /// Calls `hangs` when patience is over and the running cycle has not come as far as that it must be finished.
    void lose_patience_later(std::function<void()> hangs);

    void cycle_begins() noexcept { m_phase = notes_export::phase::detect; }
    /// The running cycle has come so far.
    void entering(notes_export::phase p);

private:
    asio::steady_timer m_patience; ///< with a cycle that does not end though it was asked to
    std::atomic<bool> m_begun = false;
    std::atomic<notes_export::phase> m_phase{notes_export::phase::detect};
    exit_code m_code = exit_code::success;
};

} // namespace exportd
