#pragma once

#include "asio.hpp"

#include <notes_export/config.hpp>

#include <functional>
#include <libpq-fe.h>
#include <memory>
#include <string>

namespace exportd {

struct finish_session {
    void operator()(PGconn* c) const noexcept { PQfinish(c); }
};
using session = std::unique_ptr<PGconn, finish_session>;

/// An open session, or null and why.
struct opened_session {
    session connection;
    std::string error;    ///< one line
    std::string sqlstate; ///< "" if there is none
    bool direct = false;  ///< its server session is its own: no pooler stands between
};

/// What libpq says, on one line.
std::string one_line(char const* text);

/**
 * Opens sessions off the event loop. libpq resolves host names while it connects, with a call that can neither be made
 * asynchronous nor be interrupted; so each attempt has a thread of its own, and an attempt that nobody waits for any
 * more is left alone to end when it can.
 *
 * Has no deadline: the owner has, and calls cancel().
 * Thread  the io_context's; `done` runs there.
 */
class session_opener {
public:
    session_opener(asio::io_context& io, std::string conninfo, notes_export::password_source password)
        : m_io{io}, m_conninfo{std::move(conninfo)}, m_password{std::move(password)} {}
    ~session_opener() { cancel(); }
    session_opener(session_opener const&) = delete;
    session_opener& operator=(session_opener const&) = delete;

    /// Connects under this application_name, to a server that is not a standby unless the conninfo wants one, and runs
    /// `sql` there: in a session of our own after own_session_settings(), through a pooler without, as others would
    /// inherit them. An earlier attempt is cancelled.
    void open(std::string application_name, std::string sql, std::function<void(opened_session)> done);
    /// `done` is not called any more.
    void cancel();

private:
    struct attempt;
    static void deliver(asio::io_context& io, std::shared_ptr<attempt> const& a, opened_session opened);

    asio::io_context& m_io;
    std::string m_conninfo;
    notes_export::password_source m_password; ///< asked on the thread of each attempt
    std::shared_ptr<attempt> m_attempt;
};

} // namespace exportd
