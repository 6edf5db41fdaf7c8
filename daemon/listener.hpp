#pragma once

#include "asio.hpp"
#include "backoff.hpp"

#include <cstdint>
#include <functional>
#include <libpq-fe.h>
#include <memory>
#include <string>
#include <string_view>

namespace exportd {

/**
 * Listens on one channel of PostgreSQL, for ever: connects, LISTENs, hands on notifications, reconnects when the
 * connection is lost. Never blocks the event loop, except for the name resolution of a host given by name.
 *
 * The session is in autocommit and never inside a transaction. A notification is only a hint that something was
 * committed; because what was committed before LISTEN took effect sends none, `live` must make the owner look once.
 *
 * Thread: the io_context's. Handlers run on it.
 */
class listener {
public:
    struct handlers {
        std::function<void(std::string_view payload)> notified;
        std::function<void()> live; ///< LISTEN is in effect, after the start and after every reconnect
        /// The attempt or the connection failed; the next attempt follows after this time.
        std::function<void(std::string const& error, std::string const& sqlstate, std::chrono::milliseconds next)> lost;
    };

    listener(asio::io_context& io, std::string conninfo, std::string application_name, std::string channel, handlers h);
    ~listener();
    listener(listener const&) = delete;
    listener& operator=(listener const&) = delete;

    void start();
    void stop();
    bool is_live() const noexcept { return m_state == state::live; }
    int backend_pid() const noexcept { return m_connection ? PQbackendPID(m_connection.get()) : 0; }

private:
    enum class state { stopped, waiting, connecting, subscribing, live };

    void connect();
    void poll_connect();
    void subscribe();
    void read_subscription();
    void read_notifications();
    bool drain_results();
    void flush();
    void failed();
    void close();
    void set_deadline();
    void watch(asio::posix::stream_descriptor::wait_type what, void (listener::*next)());

    struct finish {
        void operator()(PGconn* c) const noexcept { PQfinish(c); }
    };

    asio::io_context& m_io;
    std::string m_conninfo;
    std::string m_application_name;
    std::string m_channel;
    handlers m_handlers;

    state m_state = state::stopped;
    std::unique_ptr<PGconn, finish> m_connection;
    asio::posix::stream_descriptor m_socket; ///< borrowed from libpq: released, never closed
    asio::steady_timer m_timer;              ///< the wait before, or the deadline of, an attempt
    backoff m_backoff;
    std::uint64_t m_attempt = 0; ///< handlers of an earlier attempt do nothing
    std::string m_error;         ///< of a result that failed, with its SQLSTATE
    std::string m_sqlstate;
};

} // namespace exportd
