#pragma once

#include "asio.hpp"
#include "http/pages.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_static_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/span_body.hpp>

#include <functional>
#include <memory>

namespace exportd {

/**
 * One connection: one request of bounded size, read within a deadline that starts with the connection; one answer,
 * written within another; the end.
 *
 * Thread  the server's.
 */
class http_session : public std::enable_shared_from_this<http_session> {
public:
    using socket = asio::generic::stream_protocol::socket;

    http_session(socket s, http_pages& pages) : m_stream{std::move(s)}, m_pages{&pages} {}

    /// `ended` is called once, when nothing is under way any more.
    void start(std::function<void()> ended);
    /// Ends it in the middle of whatever it does.
    void close() { m_stream.close(); }

private:
    using response = boost::beast::http::response<boost::beast::http::span_body<char const>>;
    static constexpr std::size_t longest_header = 8192;

    void answer();
    void answer_bad_request();
    void send(http_answer a, bool head_only);
    void finish();

    boost::beast::basic_stream<asio::generic::stream_protocol> m_stream;
    http_pages* m_pages;
    std::function<void()> m_ended;
    boost::beast::flat_static_buffer<longest_header> m_buffer;
    boost::beast::http::request_parser<boost::beast::http::empty_body> m_request;
    http_answer m_answer; ///< owns what the response shows
    response m_response;
};

} // namespace exportd
