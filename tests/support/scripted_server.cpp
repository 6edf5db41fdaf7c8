#include "support/scripted_server.hpp"

#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <cstdlib>
#include <stdexcept>
#include <sys/socket.h>

namespace test {

namespace beast = boost::beast;
namespace asio = boost::asio;

struct scripted_server::tls_context {
    asio::ssl::context context{asio::ssl::context::tls_server};
};

scripted_server::scripted_server(script s, std::optional<certificate> const& tls)
    : m_script{std::move(s)}, m_acceptor{m_io, tcp::endpoint{asio::ip::make_address("127.0.0.1"), 0}} {
    m_port = m_acceptor.local_endpoint().port();
    if (tls) {
        m_tls = std::make_shared<tls_context>();
        m_tls->context.use_certificate_chain_file(tls->chain.string());
        m_tls->context.use_private_key_file(tls->key.string(), asio::ssl::context::pem);
    }
    m_accepting = std::thread{[this] { accept(); }};
}

scripted_server::~scripted_server() {
    {
        std::scoped_lock const lock{m_mutex};
        m_ending = true;
        ::shutdown(m_acceptor.native_handle(), SHUT_RDWR);
        for (int const fd : m_open)
            ::shutdown(fd, SHUT_RDWR);
    }
    m_accepting.join();
    for (auto& t : m_threads)
        t.join();
}

std::vector<std::string> scripted_server::requests() const {
    std::scoped_lock const lock{m_mutex};
    return m_requests;
}

std::size_t scripted_server::most_connections() const {
    std::scoped_lock const lock{m_mutex};
    return m_most_open;
}

void scripted_server::accept() {
    for (;;) {
        boost::system::error_code error;
        tcp::socket socket{m_io};
        m_acceptor.accept(socket, error);
        std::scoped_lock const lock{m_mutex};
        if (m_ending)
            return;
        if (error)
            continue;
        m_open.insert(socket.native_handle());
        m_most_open = std::max(m_most_open, m_open.size());
        m_threads.emplace_back([this, s = std::make_shared<tcp::socket>(std::move(socket))] { serve(std::move(*s)); });
    }
}

void scripted_server::serve(tcp::socket socket) {
    int const fd = socket.native_handle();
    try {
        if (m_tls) {
            asio::ssl::stream<tcp::socket&> stream{socket, m_tls->context};
            stream.handshake(asio::ssl::stream_base::server);
            converse(stream);
        } else {
            converse(socket);
        }
    } catch (std::exception const&) {
        // The client went, or said what is no HTTP: its tests look at what it got.
    }
    std::scoped_lock const lock{m_mutex};
    m_open.erase(fd);
    socket.close();
}

scripted_answer scripted_server::answer_to(request const& asked) {
    std::scoped_lock const lock{m_mutex};
    m_requests.push_back(std::string{asked.method_string()} + ' ' + std::string{asked.target()});
    return m_script(asked);
}

template <class Stream>
void scripted_server::converse(Stream& stream) {
    beast::flat_buffer buffer;
    for (;;) {
        beast::http::request_parser<beast::http::string_body> parser;
        parser.body_limit(64U << 20U);
        beast::http::read(stream, buffer, parser);
        auto const answer = answer_to(parser.get());
        if (answer.silent) {
            char byte = 0;
            asio::read(stream, asio::buffer(&byte, 1)); // until one of both ends
            return;
        }
        std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " Scripted\r\n";
        for (auto const& [name, value] : answer.headers)
            text.append(name).append(": ").append(value).append("\r\n");
        bool const no_content = answer.status == 204 || answer.status == 304;
        if (!no_content)
            text += "Content-Length: " + std::to_string(answer.content.size()) + "\r\n";
        auto const content = answer.content.substr(0, answer.cut_after.value_or(answer.content.size()));
        asio::write(stream, asio::buffer(text += "\r\n"));
        for (std::size_t at = 0; answer.trickle.count() > 0 && at < content.size(); ++at) {
            std::this_thread::sleep_for(answer.trickle);
            asio::write(stream, asio::buffer(&content[at], 1));
        }
        if (answer.trickle.count() == 0)
            asio::write(stream, asio::buffer(content));
        if (answer.cut_after)
            return;
    }
}

scripted_server::certificate make_certificate(std::filesystem::path const& directory, std::string const& name) {
    scripted_server::certificate const made{directory / (name + ".pem"), directory / (name + ".key")};
    auto const command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 "
                         "-addext subjectAltName=IP:127.0.0.1 -keyout '" +
                         made.key.string() + "' -out '" + made.chain.string() + "' 2>/dev/null";
    if (std::system(command.c_str()) != 0)
        throw std::runtime_error{"openssl req failed"};
    return made;
}

} // namespace test
