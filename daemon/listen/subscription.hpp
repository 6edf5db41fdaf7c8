#pragma once

#include "asio.hpp"
#include "listen/deafness.hpp"

#include <notes_export/session.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct pgNotify; ///< PGnotify of libpq

namespace exportd {

/**
 * A session that listens on one channel, and on the one of the proofs: hands on what arrives, and asks the server in
 * between. Never blocks the event loop.
 *
 * The session is in autocommit and never inside a transaction.
 * Thread: the io_context's. Handlers run on it; they may close() the session. None runs after that.
 */
class subscription {
public:
    struct handlers {
        std::function<void(std::string_view payload)> notified;
        std::function<void(std::string_view payload)> probed; ///< on `probe_channel`
        std::function<void(deafness)> lost; ///< the session ended, or the server refused what it was asked
    };
    using answer_handler = std::function<void(pg_result const* rows)>;

    /// Shared by all listeners of a database: a proof of another one has another payload.
    static constexpr std::string_view probe_channel = "osm_notes_exportd_probe";

    subscription(asio::io_context& io, std::string channel, handlers h);
    ~subscription() { close(); }
    subscription(subscription const&) = delete;
    subscription& operator=(subscription const&) = delete;

    /// What a session runs first.
    std::string statements() const;
    /// From now on this one is read. None is open.
    void take(notes_export::session listening);
    /// Without a farewell.
    void close();

    /// Sends one statement that gives rows; `purpose` is for the error. Only when the one before was answered.
    void ask(std::string purpose, std::string const& sql, std::vector<std::string> const& values,
             answer_handler answered);

    std::string const& channel() const noexcept { return m_channel; }
    /// Of the server; 0 while no session is open.
    int backend_pid() const noexcept;

private:
    struct clear_result {
        void operator()(pg_result* r) const noexcept;
    };
    struct question {
        std::string purpose;
        answer_handler answered;
        std::unique_ptr<pg_result, clear_result> rows = {};
    };

    void wait(asio::posix::stream_descriptor::wait_type what, void (subscription::*then)());
    void wait_readable();
    void read();
    void hand_on_notifications();
    void hand_on(pgNotify const& n);
    void read_answer();
    void flush();
    void lost();

    std::string m_channel;
    handlers m_handlers;
    notes_export::session m_connection;
    asio::posix::stream_descriptor m_socket; ///< borrowed from libpq: released, never closed
    std::shared_ptr<void> m_open;            ///< what waits for an earlier session does nothing
    std::optional<question> m_question;      ///< under way on the session
    std::string m_farewell; ///< what the server said last without being asked, such as why it ends the session
};

} // namespace exportd
