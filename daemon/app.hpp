#pragma once

#include "asio.hpp"
#include "schedule/backoff.hpp"
#include "cycles/cycle_runner.hpp"
#include "schedule/cycle_schedule.hpp"
#include "exit_codes.hpp"
#include "listen/listener.hpp"
#include "schedule/missed_notifications.hpp"
#include "status/monitor.hpp"
#include "cycles/publication_hook.hpp"
#include "schedule/repeated_failure.hpp"
#include "settings/settings.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

namespace exportd {

/**
 * The daemon: listener, signals and timers tell the schedule, which says when a cycle runs; what comes of it goes to log,
 * monitor and hook. What there is to export is the library's business.
 *
 * Thread: all of it on the thread that calls run(), except the cycles themselves.
 */
class app {
public:
    /// `reload` reads the settings anew, for SIGHUP. Throws what exporter's constructor throws.
    app(settings s, std::function<loaded_settings()> reload);

    /// Runs until SIGTERM or SIGINT.
    exit_code run();

private:
    listener::handlers listener_handlers();
    void entering(notes_export::phase p);
    void on_signal(error_code const& e, int signal);
    void wait_for_signal();
    void stop();
    void stop_when_idle();
    void leave();
    void reload();
    bool open_log(logging::config const& next) const;
    void apply(settings const& next, settings merged);

    void on_notification(std::string_view payload);
    void on_live();
    void on_lost(listener::failure const& f);

    void arm();
    void start_cycle();
    void on_cycle_done(cycle_outcome const& outcome);
    void end_of_cycle(cycle_outcome const& outcome);
    void try_again_after(std::chrono::steady_clock::duration pause, cycle_outcome const& outcome);
    void stand_by(std::string const& holder, cycle_outcome const& outcome);
    void retry_after_failure(cycle_outcome const& outcome);
    void judge_poll(notes_export::cycle_report const& report);
    void feed_watchdog();

    settings m_settings;
    std::function<loaded_settings()> m_reload;

    asio::io_context m_io;
    asio::signal_set m_signals;
    asio::steady_timer m_due; ///< the next cycle
    asio::steady_timer m_watchdog;
    asio::steady_timer m_patience; ///< with a cycle that does not end though it was asked to
    cycle_schedule m_schedule;
    missed_notifications m_missed;
    repeated_failure m_failure;
    backoff m_retry{std::chrono::milliseconds{500}};
    std::atomic<bool> m_stopping = false;                                  ///< also read by the thread of the cycle
    std::atomic<notes_export::phase> m_phase{notes_export::phase::detect}; ///< of the running cycle; set by its thread
    monitor m_monitor; ///< before the runner, whose cycle reports to it
    publication_hook m_hook;
    cycle_runner m_runner;
    listener m_listener;

    bool m_polled = false;                 ///< the running cycle had no other reason than the time
    std::optional<listener::cause> m_deaf; ///< why there are no notifications, as it was logged
    std::string m_standby_for;             ///< who holds the tree, as it was logged; "" when we do
    std::optional<notes_export::export_config> m_reconfigure;
    std::uint64_t m_cycle = 0;
    exit_code m_exit = exit_code::success;
};

} // namespace exportd
