#include "http/traffic.hpp"

#include "http/libcurl.hpp"

#include <cstdio>

namespace notes_export::http {

namespace {

constexpr std::size_t most_headers = 100;
constexpr std::size_t longest_header = 8192;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    auto const first = text.find_first_not_of(space);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

} // namespace

void traffic::begin(CURL* handle, request const& ask) {
    m_handle = handle;
    m_ask = &ask;
    m_answer = {};
    m_sent = 0;
    m_too_long = false;
    m_thrown = nullptr;
    require(curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &traffic::on_header));
    require(curl_easy_setopt(handle, CURLOPT_HEADERDATA, this));
    require(curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &traffic::on_content));
    require(curl_easy_setopt(handle, CURLOPT_WRITEDATA, this));
    require(curl_easy_setopt(handle, CURLOPT_READFUNCTION, &traffic::on_send));
    require(curl_easy_setopt(handle, CURLOPT_READDATA, this));
    require(curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, &traffic::on_rewind));
    require(curl_easy_setopt(handle, CURLOPT_SEEKDATA, this));
}

void traffic::rethrow() const {
    if (m_thrown)
        std::rethrow_exception(m_thrown);
}

void traffic::take_header(std::string_view line) {
    if (line.starts_with("HTTP/")) { // the final answer comes after those with 1xx
        m_answer.headers.clear();
        return;
    }
    auto const colon = line.find(':');
    if (colon == std::string_view::npos || line.size() > longest_header || m_answer.headers.size() >= most_headers)
        return;
    m_answer.headers.emplace_back(trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
}

bool traffic::take_content(std::string_view piece) {
    long status = 0;
    require(curl_easy_getinfo(m_handle, CURLINFO_RESPONSE_CODE, &status));
    if (m_ask->take && status >= 200 && status < 300) {
        m_ask->take(piece);
        return true;
    }
    m_too_long = m_answer.content.size() + piece.size() > m_ask->longest_answer;
    if (!m_too_long)
        m_answer.content += piece;
    return !m_too_long;
}

// No exception may pass through libcurl: it is kept, and thrown by rethrow().

std::size_t traffic::on_header(char* text, std::size_t one, std::size_t size, void* self) noexcept {
    auto& t = *static_cast<traffic*>(self);
    try {
        t.take_header({text, one * size});
        return one * size;
    } catch (...) {
        t.m_thrown = std::current_exception();
        return 0;
    }
}

std::size_t traffic::on_content(char* text, std::size_t one, std::size_t size, void* self) noexcept {
    auto& t = *static_cast<traffic*>(self);
    try {
        return t.take_content({text, one * size}) ? one * size : CURL_WRITEFUNC_ERROR;
    } catch (...) {
        t.m_thrown = std::current_exception();
        return CURL_WRITEFUNC_ERROR;
    }
}

std::size_t traffic::on_send(char* block, std::size_t one, std::size_t size, void* self) noexcept {
    auto& t = *static_cast<traffic*>(self);
    try {
        auto const n = t.m_ask->content ? t.m_ask->content->read(t.m_sent, {block, one * size}) : 0;
        t.m_sent += n;
        return n;
    } catch (...) {
        t.m_thrown = std::current_exception();
        return CURL_READFUNC_ABORT;
    }
}

int traffic::on_rewind(void* self, curl_off_t place, int origin) noexcept {
    if (origin != SEEK_SET || place < 0)
        return CURL_SEEKFUNC_CANTSEEK;
    static_cast<traffic*>(self)->m_sent = static_cast<std::uint64_t>(place);
    return CURL_SEEKFUNC_OK;
}

} // namespace notes_export::http
