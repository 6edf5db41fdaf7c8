#pragma once

#include "asio.hpp"
#include "cycles/cycle_runner.hpp"
#include "schedule/backoff.hpp"
#include "schedule/cycle_schedule.hpp"

#include <functional>
#include <optional>

namespace exportd {

/**
 * Runs a cycle whenever the schedule says so, and tries again after one that failed.
 *
 * Thread: the io_context's; the handlers run there.
 */
class cycle_loop {
public:
    enum class ending {
        success,
        failure,
        held ///< another instance holds tree or database: there was no cycle
    };
    struct circumstances {
        bool unannounced; ///< it exported rows that no notification had told of
        bool asked;       ///< somebody wanted this very cycle
    };
    struct handlers {
        std::function<void()> begins;
        std::function<void(cycle_outcome const&, ending how, circumstances why)> ended;
    };

    cycle_loop(asio::io_context& io, cycle_schedule::rules const& rules, notes_export::export_config config,
               notes_export::cycle_observer observer, handlers h);

    /// Makes the exporter now instead of in the first cycle. Throws what its constructor throws.
    void open() { m_runner.open(); }
    void start() { arm(); }
    /// No cycle begins any more, the running one is asked to end.
    void stop();
    bool running() const noexcept { return m_runner.running(); }

    /// See cycle_schedule for what each does.
    void notified(bool full);
    bool is_notified() const noexcept { return m_schedule.is_notified(); }
    void listening();
    void deaf();
    void requested(bool full);
    /// From the next event, and from the next cycle on.
    void reconfigure(cycle_schedule::rules const& rules, notes_export::export_config config);

private:
    void arm();
    void begin();
    void end(cycle_outcome const& outcome);
    ending settle(cycle_outcome const& outcome);
    void try_again_after(cycle_schedule::clock::duration pause, cycle_outcome const& outcome);

    asio::steady_timer m_due; ///< the next cycle
    cycle_schedule m_schedule;
    backoff m_retry{std::chrono::milliseconds{500}};
    handlers m_handlers;
    std::optional<notes_export::export_config> m_reconfigure;
    cycle_schedule::beginning m_why{}; ///< of the running cycle
    bool m_stopped = false;
    cycle_runner m_runner;
};

} // namespace exportd
