#include "http/session.hpp"

#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

namespace exportd {

namespace {

namespace http = boost::beast::http;

constexpr std::chrono::seconds read_deadline{5};
constexpr std::chrono::seconds write_deadline{10};

// The page brings everything it needs; nothing else is run, loaded, framed or posted.
void add_safeguards(http::fields& fields, http_answer const& a) {
    fields.set(http::field::server, "osm-notes-exportd");
    fields.set(http::field::cache_control, "no-store");
    fields.set("X-Content-Type-Options", "nosniff");
    fields.set("X-Frame-Options", "DENY");
    fields.set("Referrer-Policy", "no-referrer");
    fields.set("Cross-Origin-Resource-Policy", "same-origin");
    fields.set("Content-Security-Policy", a.policy);
}

// Something was sent, and it was no request; everything else is a client that left, or a deadline.
bool is_garbage(error_code const& e) {
    return e.category() == http::make_error_code(http::error::bad_method).category() &&
           e != http::error::end_of_stream && e != http::error::partial_message;
}

std::string_view view(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

// A page that cannot be made is the client's misfortune, not the export's.
http_answer answer_to(http_pages& pages, http_request const& asked) {
    try {
        return pages.answer(asked);
    } catch (std::exception const& e) {
        return plain_answer(500, std::string{"this cannot be told: "} + e.what() + '\n');
    }
}

} // namespace

void http_session::start(std::function<void()> ended) {
    m_ended = std::move(ended);
    m_request.header_limit(longest_header);
    m_request.body_limit(0);
    m_stream.expires_after(read_deadline);
    http::async_read_header(m_stream, m_buffer, m_request,
                            [self = shared_from_this()](error_code const& e, std::size_t) {
                                if (!e)
                                    self->answer();
                                else if (is_garbage(e))
                                    self->answer_bad_request();
                                else
                                    self->finish();
                            });
}

void http_session::answer() {
    auto const& r = m_request.get();
    auto const host = r.find(http::field::host);
    bool const one_host = r.count(http::field::host) == 1;
    http_request const asked{view(r.method_string()), view(r.target()),
                             one_host ? std::optional{view(host->value())} : std::nullopt};
    send(answer_to(*m_pages, asked), r.method() == http::verb::head);
}

void http_session::answer_bad_request() {
    send(plain_answer(400, "this is not a request\n"), false);
}

void http_session::send(http_answer a, bool head_only) {
    m_answer = std::move(a);
    m_response.version(11);
    m_response.result(m_answer.status);
    add_safeguards(m_response, m_answer);
    m_response.set(http::field::content_type,
                   boost::beast::string_view{m_answer.content_type.data(), m_answer.content_type.size()});
    if (m_answer.status == 405)
        m_response.set(http::field::allow, "GET, HEAD");
    m_response.keep_alive(false);
    m_response.content_length(m_answer.body->size());
    if (!head_only)
        m_response.body() = {m_answer.body->data(), m_answer.body->size()};
    m_stream.expires_after(write_deadline);
    http::async_write(m_stream, m_response,
                      [self = shared_from_this()](error_code const&, std::size_t) { self->finish(); });
}

void http_session::finish() {
    error_code gone; // the client may have left; there is nobody to tell
    m_stream.socket().shutdown(asio::socket_base::shutdown_both, gone);
    m_stream.close();
    if (auto const ended = std::exchange(m_ended, {}))
        ended();
}

} // namespace exportd
