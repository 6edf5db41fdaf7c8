#include "app/watchdog.hpp"

#include "systemd.hpp"

namespace exportd {

void watchdog::feed() {
    auto const interval = systemd::watchdog_interval();
    if (!interval)
        return;
    systemd::watchdog_ping();
    m_timer.expires_after(*interval / 3);
    m_timer.async_wait([this](error_code const& e) {
        if (!e)
            feed();
    });
}

} // namespace exportd
