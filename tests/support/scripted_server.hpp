#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace test {

/// What a scripted server does with a request.
struct scripted_answer {
    unsigned status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string content;
    /// Bytes of the content that are sent before the connection is closed; none: all of it.
    std::optional<std::size_t> cut_after;
    bool silent = false; ///< nothing is sent, the connection stays open until the client or the server ends
    std::chrono::milliseconds trickle{0}; ///< not 0: the content comes byte by byte, with such pauses
};

/**
 * A real HTTP server on loopback, whose answers a test writes: for faults that no store does when asked to. Each
 * connection has a thread. With a certificate it speaks TLS.
 */
class scripted_server {
public:
    using request = boost::beast::http::request<boost::beast::http::string_body>;
    /// Called on the threads of connections, one at a time.
    using script = std::function<scripted_answer(request const&)>;

    struct certificate {
        std::filesystem::path chain;
        std::filesystem::path key;
    };
    explicit scripted_server(script s, std::optional<certificate> const& tls = {});
    ~scripted_server();
    scripted_server(scripted_server const&) = delete;
    scripted_server& operator=(scripted_server const&) = delete;

    unsigned port() const { return m_port; }
    std::string url() const { return (m_tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(m_port); }
    /// "GET /path", in the order of their coming.
    std::vector<std::string> requests() const;
    std::size_t most_connections() const; ///< that were open at once

private:
    struct tls_context;
    using tcp = boost::asio::ip::tcp;

    void accept();
    void serve(tcp::socket socket);
    template <class Stream>
    void converse(Stream& stream);
    scripted_answer answer_to(request const& asked);

    script m_script;
    std::shared_ptr<tls_context> m_tls;
    boost::asio::io_context m_io;
    tcp::acceptor m_acceptor;
    unsigned m_port = 0;
    mutable std::mutex m_mutex;
    std::vector<std::string> m_requests;
    std::set<int> m_open; ///< descriptors
    std::size_t m_most_open = 0;
    bool m_ending = false;
    std::vector<std::thread> m_threads;
    std::thread m_accepting;
};

/// Makes a certificate for 127.0.0.1 with openssl(1) that is signed by nobody else: directory/NAME.pem and NAME.key.
scripted_server::certificate make_certificate(std::filesystem::path const& directory, std::string const& name);

} // namespace test
