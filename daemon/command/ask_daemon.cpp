#include "command/ask_daemon.hpp"

#include "asio.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <algorithm>
#include <cstdint>

namespace exportd {

namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using clock = std::chrono::steady_clock;
using local = asio::local::stream_protocol;

constexpr std::uint64_t longest_answer = std::uint64_t{16} << 20U;
constexpr std::chrono::milliseconds pause{50}; ///< while others are being let in

http::request<http::empty_body> const& request() {
    static auto const asked = [] {
        http::request<http::empty_body> r{http::verb::get, "/status.json", 11};
        r.set(http::field::host, "localhost");
        r.keep_alive(false);
        return r;
    }();
    return asked;
}

/// One question and its answer, until a point in time.
class conversation {
public:
    explicit conversation(clock::time_point until) : m_until{until} { m_stream.expires_at(until); }

    void connect(std::filesystem::path const& path) {
        if (path.native().size() >= sizeof(sockaddr_un{}.sun_path))
            throw beast::system_error{error_code{ENAMETOOLONG, boost::system::system_category()}};
        local::endpoint const place{path.native()};
        for (;;) {
            auto const error = wait([&](auto done) { m_stream.async_connect(place, done); });
            if (!error)
                return;
            if (error != asio::error::try_again || clock::now() + pause > m_until)
                throw beast::system_error{error};
            m_stream.socket().close();
            asio::steady_timer timer{m_io, pause};
            wait([&](auto done) { timer.async_wait(done); });
        }
    }

    std::string ask() {
        // One who does not read may have answered all the same.
        wait(
            [&](auto done) { http::async_write(m_stream, request(), [done](error_code e, std::size_t) { done(e); }); });
        beast::flat_buffer buffer;
        http::response_parser<http::string_body> answer;
        answer.body_limit(longest_answer);
        if (auto const error = wait([&](auto done) {
                http::async_read(m_stream, buffer, answer, [done](error_code e, std::size_t) { done(e); });
            }))
            throw beast::system_error{error};
        if (answer.get().result() != http::status::ok)
            throw beast::system_error{http::error::bad_status};
        return std::move(answer.get().body());
    }

private:
    template <class Start>
    error_code wait(Start const& start) {
        error_code result;
        start([&result](error_code const& e) { result = e; });
        m_io.restart();
        m_io.run();
        return result;
    }

    asio::io_context m_io;
    clock::time_point m_until;
    beast::basic_stream<local> m_stream{m_io};
};

bool is_of_http(error_code const& e) {
    return e.category() == http::make_error_code(http::error::bad_status).category();
}

std::string explain(error_code const& e) {
    if (e == beast::error::timeout)
        return "no answer in time";
    if (is_of_http(e))
        return "what listens there is no osm-notes-exportd (" + e.message() + ')';
    return e.message() +
           (e == boost::system::errc::permission_denied ? " (only root and the group of the service may ask)" : "");
}

} // namespace

daemon_answer ask_daemon(std::filesystem::path const& socket, std::chrono::milliseconds within) {
    try {
        conversation daemon{clock::now() + within};
        daemon.connect(socket);
        return {daemon.ask(), ""};
    } catch (beast::system_error const& e) {
        auto const& error = e.code();
        return {"", socket.string() + ": " + explain(error),
                error == boost::system::errc::no_such_file_or_directory ||
                    error == boost::system::errc::connection_refused};
    }
}

} // namespace exportd
