#pragma once

#include "asio.hpp"

namespace exportd {

/// Tells systemd's watchdog, when there is one, that the event loop is alive. Thread: the io_context's.
class watchdog {
public:
    explicit watchdog(asio::io_context& io) : m_timer{io} { feed(); }

private:
    void feed();

    asio::steady_timer m_timer;
};

} // namespace exportd
