#pragma once

#include "asio.hpp"
#include "listen/alarm_clock.hpp"
#include "listen/deafness.hpp"
#include "listen/subscription.hpp"

#include <chrono>
#include <functional>

namespace exportd {

/**
 * Asks again and again, on a subscription's session, whether it still listens. A query with a deadline of its own:
 * keepalives do not show a server process that hangs, nor a primary that became a standby.
 *
 * Thread: the io_context's. Handlers run there, not after stop().
 */
class heartbeat {
public:
    struct timing {
        std::chrono::milliseconds between; ///< an answer and the next question
        std::chrono::milliseconds answer;  ///< may take so long
    };
    struct handlers {
        std::function<void()> felt; ///< it listens
        std::function<void(deafness)> missed;
    };

    heartbeat(asio::io_context& io, subscription& listening, timing t, handlers h);

    /// The first question is asked when the time between two is over.
    void start();
    void stop() { m_alarm.cancel(); }

private:
    void ask();
    void judge(pg_result const* answer);

    subscription& m_listening;
    timing m_timing;
    handlers m_handlers;
    alarm_clock m_alarm; ///< the next question, or the deadline of the answer
};

} // namespace exportd
