#pragma once

#include "asio.hpp"
#include "http/pages.hpp"
#include "http/session.hpp"
#include "http/socket.hpp"
#include "settings/listen_address.hpp"
#include "status/health.hpp"
#include "status/metrics.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <list>
#include <memory>
#include <string>
#include <thread>

namespace exportd {

/**
 * Serves the pages on a thread of its own, which only reads copies of what the daemon knows: no client can hold up an
 * export, and a stuck event loop can still be told.
 *
 * There are at most max_sessions connections, each for one request; a further one takes the place of the oldest, so
 * that clients who hold theirs open lock nobody out.
 *
 * Throws  the constructor: std::system_error when the address cannot be listened on.
 */
class http_server {
public:
    static constexpr std::size_t max_sessions = 32;

    http_server(listen_address const& address, std::vector<notes_export::dataset> const& datasets, health const& h,
                metrics& m);
    ~http_server();
    http_server(http_server const&) = delete;
    http_server& operator=(http_server const&) = delete;

    /// With the port that was chosen.
    std::string address() const;

private:
    void accept();
    void accept_later();
    void begin(http_session::socket s);
    void run();

    listen_address m_address;
    asio::io_context m_io;
    http_socket m_socket;
    http_pages m_pages;
    asio::basic_socket_acceptor<asio::generic::stream_protocol> m_acceptor;
    asio::steady_timer m_pause;
    std::list<std::shared_ptr<http_session>> m_sessions; ///< the oldest first
    std::thread m_thread;
};

} // namespace exportd
