#pragma once

#include "asio.hpp"
#include "schedule/backoff.hpp"
#include "listen/session_opener.hpp"

#include <cstdint>
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
 * The proof is a NOTIFY that must arrive here, from another session; from this one when the server has no room for
 * another, and no pooler stands between. Nothing else shows a connection pooler in
 * transaction mode: through it LISTEN succeeds, and somebody else gets the notifications. The heartbeat is a query with
 * a deadline of its own: keepalives do not show a server process that hangs, nor a primary that became a standby.
 *
 * The session is in autocommit and never inside a transaction.
 * Thread: the io_context's. Handlers run on it.
 */
class listener {
public:
    /// Why there are no notifications.
    enum class cause {
        connection, ///< no session, or it ended
        standby,    ///< the server is in recovery: it knows no LISTEN
        pooler,     ///< connected, but the proof did not arrive
        heartbeat   ///< the server does not answer on this session
    };
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
    bool is_live() const noexcept { return m_state == state::live; }
    int backend_pid() const noexcept { return m_connection ? PQbackendPID(m_connection.get()) : 0; }

private:
    enum class state { stopped, waiting, opening, proving, live };
    enum class question { none, proof, heartbeat };

    std::string subscription() const;
    void open();
    void prove(opened_session opened);
    void proof_sent(opened_session const& sent);
    void prove_alone();
    void go_live();
    void wait_readable();
    void read();
    void take_notifications();
    void take(PGnotify const& n);
    void beat_later();
    void send_heartbeat();
    void flush();
    void read_answer();
    void judge_answer(PGresult const* r);
    void judge_heartbeat(PGresult const* r);
    void set_deadline(std::chrono::milliseconds after, cause why, std::string error);
    void failed(cause why, std::string error, std::string sqlstate = {});
    void lost_connection();
    void close();

    std::string m_application_name;
    std::string m_channel;
    handlers m_handlers;
    timing m_timing;

    state m_state = state::stopped;
    session_opener m_opener;
    session_opener m_prover;
    session m_connection;
    asio::posix::stream_descriptor m_socket; ///< borrowed from libpq: released, never closed
    asio::steady_timer m_timer; ///< the next attempt, the next heartbeat, or the deadline of what is under way
    backoff m_backoff;
    std::string m_farewell; ///< what the server said last without being asked, such as why it ends the session
    std::string m_nonce;    ///< payload of the proof
    bool m_direct = false;  ///< no pooler stands between
    question m_asked = question::none; ///< under way on the session
    std::uint64_t m_attempt = 0;       ///< handlers of an earlier attempt do nothing
};

std::string_view to_string(listener::cause c) noexcept;

} // namespace exportd
