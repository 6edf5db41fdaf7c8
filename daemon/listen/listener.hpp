#pragma once

#include "asio.hpp"
#include "listen/alarm_clock.hpp"
#include "listen/deafness.hpp"
#include "listen/heartbeat.hpp"
#include "listen/proof.hpp"
#include "listen/session_opener.hpp"
#include "listen/subscription.hpp"
#include "schedule/backoff.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace exportd {

/**
 * Listens on one channel of PostgreSQL, for ever: connects, LISTENs, proves that notifications arrive, hands them on,
 * watches over the session, reconnects when it is lost. Never blocks the event loop.
 *
 * A notification is only a hint that something was committed; because what was committed before LISTEN took effect
 * sends none, `live` must make the owner look once.
 *
 * From state to state: a session that ran LISTEN is opened (session_opener), taken over (subscription), and live once a
 * notification to itself has come (proof). Nothing else shows a connection pooler in transaction mode: through it
 * LISTEN succeeds, and somebody else gets the notifications. Then it is asked now and again (heartbeat). Whichever of
 * them fails, the session is left, and after a while (backoff) another one is opened.
 *
 * Thread: the io_context's. Handlers run on it.
 */
class listener {
public:
    using cause = deafness::cause;
    struct failure {
        cause why;
        std::string error;
        std::string sqlstate;           ///< "" if there is none
        std::chrono::milliseconds next; ///< until the next attempt
    };
    struct handlers {
        std::function<void(std::string_view payload)> notified;
        std::function<void()> live; ///< notifications arrive, after the start and after every reconnect
        std::function<void(failure const&)> lost;
        std::function<void()> verified = {}; ///< a proof or a heartbeat came back; may be empty
    };
    struct timing {
        std::chrono::milliseconds connect{10'000};   ///< from the first packet to LISTEN; libpq has no such limit here
        std::chrono::milliseconds proof{5'000};      ///< for the notification that proves the session
        std::chrono::milliseconds heartbeat{15'000}; ///< between heartbeats
        std::chrono::milliseconds answer{5'000};     ///< to one
    };

    listener(asio::io_context& io, std::string const& conninfo, notes_export::password_source const& password,
             std::string application_name, std::string channel, handlers h, timing t);
    ~listener();
    listener(listener const&) = delete;
    listener& operator=(listener const&) = delete;

    void start();
    void stop();
    /// Gives its session back, and takes one again when the owner calls start().
    void make_room(std::string error);
    bool is_stopped() const noexcept { return m_state == state::stopped; }
    /// Of the server; 0 while no session is open.
    int backend_pid() const noexcept { return m_subscription.backend_pid(); }

private:
    enum class state { stopped, waiting, opening, proving, live };

    notes_export::session_request request(std::string purpose) const;
    void open();
    void prove(opening_result opened);
    void probed(std::string_view payload);
    void go_live();
    void verified();
    void failed(deafness d);
    void close();

    notes_export::session_request m_request; ///< of each session, but for the purpose
    handlers m_handlers;
    state m_state = state::stopped;
    session_opener m_opener;
    subscription m_subscription;
    proof m_proof;
    heartbeat m_heartbeat;
    alarm_clock m_alarm; ///< the next attempt, or the deadline of opening
    backoff m_backoff;
};

} // namespace exportd
