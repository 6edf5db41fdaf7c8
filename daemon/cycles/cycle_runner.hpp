#pragma once

#include "asio.hpp"
#include "cycles/recorded_cycles.hpp"

#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <optional>
#include <stop_token>

namespace exportd {

/**
 * Runs cycles on a thread of its own, one at a time, and hands their outcome back to the event loop.
 *
 * Thread: the io_context's; `done` runs there.
 */
class cycle_runner {
public:
    struct job {
        notes_export::cycle_request request;
        std::optional<notes_export::export_config> reconfigure; ///< taken over before the cycle
    };

    cycle_runner(asio::io_context& io, notes_export::export_config config, notes_export::cycle_observer observer,
                 std::function<void(cycle_outcome)> done);
    ~cycle_runner();

    /// Makes the exporter now instead of in the first cycle. Throws what its constructor throws.
    void open() { m_cycles.open(); }

    /// Begins a cycle; only when none is running.
    void start(job j);
    bool running() const noexcept { return m_running; }
    /// Asks the running cycle to end as soon as nothing is half done.
    void request_stop() { m_stop.request_stop(); }

private:
    cycle_outcome run(job const& j);
    void read_earlier_runs(cycle_outcome& outcome);

    asio::io_context& m_io;
    recorded_cycles m_cycles;
    std::function<void(cycle_outcome)> m_done;
    std::stop_source m_stop;
    bool m_earlier_read = false;
    bool m_running = false;
    asio::thread_pool m_thread{1};
};

} // namespace exportd
