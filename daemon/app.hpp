#pragma once

#include "asio.hpp"
#include "backoff.hpp"
#include "cycle_runner.hpp"
#include "debouncer.hpp"
#include "exit_codes.hpp"
#include "listener.hpp"
#include "settings.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

namespace exportd {

/**
 * The daemon: decides when a cycle runs. Notifications, the poll timer, signals and failed cycles only ever set "look
 * again"; what there is to export is the library's business.
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
    void announce_phase(notes_export::phase p) const;
    void on_signal(error_code const& e, int signal);
    void wait_for_signal();
    void stop();
    void reload();
    void apply(settings const& next);

    void on_notification(std::string_view payload);
    void on_lost(std::string const& error, std::string const& sqlstate, std::chrono::milliseconds next);

    void want(bool full);
    void hint();
    void arm();
    void start_cycle();
    void on_cycle_done(cycle_outcome const& outcome);
    void feed_watchdog();

    settings m_settings;
    std::function<loaded_settings()> m_reload;

    asio::io_context m_io;
    asio::signal_set m_signals;
    asio::steady_timer m_due; ///< the next cycle
    asio::steady_timer m_watchdog;
    debouncer m_debouncer;
    backoff m_retry{std::chrono::milliseconds{500}};
    std::atomic<bool> m_stopping = false; ///< also read by the thread of the cycle
    cycle_runner m_runner;
    listener m_listener;

    bool m_full_wanted = false;
    bool m_listener_down = false; ///< its failure was logged
    std::optional<std::chrono::steady_clock::time_point> m_retry_at;
    std::chrono::steady_clock::time_point m_poll_at;
    std::optional<notes_export::export_config> m_reconfigure;
    std::uint64_t m_cycle = 0;
    exit_code m_exit = exit_code::success;
};

} // namespace exportd
