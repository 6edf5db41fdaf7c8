#pragma once

#include "app/current_settings.hpp"
#include "app/cycle_announcer.hpp"
#include "app/notifications.hpp"
#include "app/served_state.hpp"
#include "app/shutdown.hpp"
#include "app/tree_watch.hpp"
#include "asio.hpp"
#include "cycles/cycle_loop.hpp"
#include "cycles/publication_hook.hpp"
#include "exit_codes.hpp"
#include "status/monitor.hpp"

#include <csignal>
#include <functional>
#include <optional>
#include <string>

namespace exportd {

/**
 * The daemon: signals, notifications and time lead to cycles; what comes of them goes to log, monitor and hook. What
 * there is to export is the library's business.
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
    notes_export::cycle_observer observer();
    void open();
    void on_cycle_ended(cycle_outcome const& outcome, cycle_loop::ending how, cycle_loop::circumstances why);
    void on_held(cycle_outcome const& outcome);
    void tell_hook(cycle_outcome const& outcome, bool success);
    void wait_for_signal();
    void on_signal(int signal);
    void reload();
    void stop();
    void stop_when_idle();
    [[noreturn]] void leave(exit_code code);

    current_settings m_settings;
    struct event_loop {
        asio::io_context io;
        asio::signal_set signals{io, SIGHUP, SIGUSR1, SIGTERM};
    } m_loop;
    shutdown m_shutdown;
    monitor m_monitor; ///< before the cycles, which report to it
    tree_watch m_tree;
    std::optional<served_state> m_served;
    cycle_announcer m_announcer;
    publication_hook m_hook;
    cycle_loop m_cycles;
    notifications m_notifications;
};

} // namespace exportd
