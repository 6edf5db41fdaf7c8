#pragma once

#include "asio.hpp"

#include <notes_export/session.hpp>

#include <functional>
#include <memory>
#include <string>

namespace exportd {

/// An open session, or null and why.
struct opening_result {
    notes_export::session connection;
    bool direct = false;  ///< its server session is its own: no pooler stands between
    std::string error;    ///< one line
    std::string sqlstate; ///< "" if there is none
};

/**
 * Opens sessions off the event loop. libpq resolves host names while it connects, also when it goes from one host to
 * the next, with a call that can neither be made asynchronous nor be interrupted; so each attempt has a thread of its
 * own, and an attempt that nobody waits for any more is left alone to end when it can.
 *
 * Thread  the io_context's; `done` runs there.
 */
class session_opener {
public:
    explicit session_opener(asio::io_context& io) : m_io{io} {}
    ~session_opener() { cancel(); }
    session_opener(session_opener const&) = delete;
    session_opener& operator=(session_opener const&) = delete;

    /// open_session(), whose password is asked for on the thread of the attempt. An earlier attempt is cancelled.
    void open(notes_export::session_request request, std::string sql, std::function<void(opening_result)> done);
    /// `done` is not called any more.
    void cancel();

private:
    struct attempt;
    static void deliver(asio::io_context& io, std::shared_ptr<attempt> const& a, opening_result opened);

    asio::io_context& m_io;
    std::shared_ptr<attempt> m_attempt;
};

} // namespace exportd
