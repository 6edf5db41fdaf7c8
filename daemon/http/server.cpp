#include "http/server.hpp"

#include "log/logging.hpp"

#include <csignal>
#include <netinet/in.h>
#include <pthread.h>

namespace exportd {

namespace {

// After running out of descriptors or memory: others give some back.
constexpr std::chrono::milliseconds accept_pause{200};

/// Signals are for the event loop's thread.
class blocked_signals {
public:
    blocked_signals() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &m_before);
    }
    ~blocked_signals() { pthread_sigmask(SIG_SETMASK, &m_before, nullptr); }
    blocked_signals(blocked_signals const&) = delete;
    blocked_signals& operator=(blocked_signals const&) = delete;

private:
    sigset_t m_before{};
};

} // namespace

http_server::http_server(listen_address const& address, std::vector<notes_export::dataset> const& datasets,
                         health const& h, metrics& m)
    : m_address{address},
      m_io{1},
      m_socket{address},
      m_pages{address, datasets, h, m},
      m_acceptor{m_io},
      m_pause{m_io} {
    m_address.port = m_socket.port();
    int const protocol = m_socket.family() == AF_UNIX ? 0 : IPPROTO_TCP;
    m_acceptor.assign(asio::generic::stream_protocol{m_socket.family(), protocol}, m_socket.release());
    accept();
    blocked_signals const inherited;
    m_thread = std::thread{[this] { run(); }};
}

http_server::~http_server() {
    m_io.stop();
    m_thread.join();
    m_sessions.clear();
}

std::string http_server::address() const {
    return m_address.text();
}

// A defect in a page must not take the export down with it.
void http_server::run() {
    for (;;) {
        try {
            m_io.run();
            return;
        } catch (std::exception const& e) {
            logging::log(logging::level::error, "page_failed", "A request could not be answered",
                         {{"error", e.what()}});
        }
    }
}

void http_server::accept() {
    m_acceptor.async_accept([this](error_code const& e, http_session::socket s) {
        if (e == asio::error::operation_aborted)
            return;
        if (e)
            return accept_later();
        accept(); // first: whatever becomes of this one, there is a next
        begin(std::move(s));
    });
}

void http_server::accept_later() {
    m_pause.expires_after(accept_pause);
    m_pause.async_wait([this](error_code const& e) {
        if (!e)
            accept();
    });
}

void http_server::begin(http_session::socket s) {
    while (m_sessions.size() >= max_sessions) {
        m_sessions.front()->close();
        m_sessions.pop_front();
    }
    auto const newest = m_sessions.insert(m_sessions.end(), std::make_shared<http_session>(std::move(s), m_pages));
    (*newest)->start([this, weak = std::weak_ptr{*newest}] {
        std::erase_if(m_sessions, [&](auto const& other) { return other == weak.lock(); });
    });
}

} // namespace exportd
