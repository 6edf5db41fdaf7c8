#pragma once

#include "cycles/cycle_loop.hpp"
#include "listen/listener.hpp"
#include "schedule/missed_notifications.hpp"
#include "settings/settings.hpp"
#include "status/monitor.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace exportd {

/**
 * Hears the ETL's notifications: tells the loop of cycles what they ask for, and monitor and log whether they arrive.
 *
 * Thread  the io_context's.
 */
class notifications {
public:
    /// `changed`: the monitor knows whether they arrive now.
    notifications(asio::io_context& io, database_settings const& s, cycle_loop& cycles, monitor& m,
                  std::function<void()> changed);

    void start() { m_listener.start(); }
    void stop() { m_listener.stop(); }

    /// The exporter needs the session that the listener has.
    void make_room();
    /// Listens again after it made room.
    void resume();
    /// Polling found rows that nobody had announced.
    void missed(std::size_t exported);

private:
    listener::handlers handlers();
    void on_notification(std::string_view payload);
    void on_live();
    void on_lost(listener::failure const& f);

    cycle_loop& m_cycles;
    monitor& m_monitor;
    std::function<void()> m_changed;
    std::string m_channel;
    missed_notifications m_missed;
    std::optional<listener::cause> m_deaf; ///< why there are no notifications, as it was logged
    listener m_listener;
};

} // namespace exportd
