#include "http/transfer.hpp"

#include "http/shown_url.hpp"

#include <algorithm>
#include <cctype>
#include <new>
#include <openssl/ssl.h>
#include <utility>

namespace notes_export::http {

namespace {

constexpr std::size_t most_headers = 100;
constexpr std::size_t longest_header = 8192;

// With libcurl's own choice of certificates (a compiled-in file) SSL_CERT_FILE would mean nothing.
CURLcode trust_as_openssl_does(CURL*, void* context, void*) noexcept {
    return SSL_CTX_set_default_verify_paths(static_cast<SSL_CTX*>(context)) == 1 ? CURLE_OK : CURLE_SSL_CACERT_BADFILE;
}

void require(CURLcode result) {
    if (result != CURLE_OK)
        throw std::runtime_error{std::string{"libcurl: "} + curl_easy_strerror(result)};
}

bool equal_names(std::string_view a, std::string_view b) noexcept {
    return std::ranges::equal(a, b,
                              [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    auto const first = text.find_first_not_of(space);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

failure kind_of(CURLcode result) {
    switch (result) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return failure::refused;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return failure::unresolved;
    case CURLE_COULDNT_CONNECT:
        return failure::unreachable;
    case CURLE_OPERATION_TIMEDOUT:
        return failure::slow;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
        return failure::tls;
    default:
        return failure::broken;
    }
}

} // namespace

std::string_view response::header(std::string_view name) const noexcept {
    for (auto const& [n, value] : headers)
        if (equal_names(n, name))
            return value;
    return {};
}

transfer::transfer(client_options const& options) : m_options{&options}, m_handle{curl_easy_init()} {
    if (!m_handle)
        throw std::bad_alloc{};
}

void transfer::begin(request const& ask) {
    m_ask = &ask;
    m_answer = {};
    m_sent = 0;
    m_too_long = false;
    m_thrown = nullptr;
    m_reason.fill('\0');
    m_last_progress = std::chrono::steady_clock::now();
    m_moved = 0;
    m_answered = false;
    curl_easy_reset(handle()); // connections stay with the multi handle
    set_limits();
    set_trust();
    set_callbacks();
    require(curl_easy_setopt(handle(), CURLOPT_URL, ask.url.c_str()));
    set_content();
    set_headers();
    if (ask.begin_again)
        ask.begin_again();
}

void transfer::set_limits() {
    require(curl_easy_setopt(handle(), CURLOPT_PROTOCOLS_STR, "http,https"));
    require(curl_easy_setopt(handle(), CURLOPT_FOLLOWLOCATION, 0L));
    require(curl_easy_setopt(handle(), CURLOPT_PATH_AS_IS, 1L));
    require(curl_easy_setopt(handle(), CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1)));
    require(curl_easy_setopt(handle(), CURLOPT_NOSIGNAL, 1L));
    // Do not wait for a name server when a request is given up.
    require(curl_easy_setopt(handle(), CURLOPT_QUICK_EXIT, 1L));
    require(
        curl_easy_setopt(handle(), CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(m_options->limits.connect.count())));
    require(curl_easy_setopt(handle(), CURLOPT_USERAGENT, "osm-notes-exportd"));
    require(curl_easy_setopt(handle(), CURLOPT_TCP_NODELAY, 1L));
}

void transfer::set_trust() {
    require(curl_easy_setopt(handle(), CURLOPT_SSL_VERIFYPEER, 1L));
    require(curl_easy_setopt(handle(), CURLOPT_SSL_VERIFYHOST, 2L));
    require(curl_easy_setopt(handle(), CURLOPT_CAPATH, nullptr));
    if (m_options->ca_file.empty()) {
        require(curl_easy_setopt(handle(), CURLOPT_CAINFO, nullptr));
        require(curl_easy_setopt(handle(), CURLOPT_SSL_CTX_FUNCTION, &trust_as_openssl_does));
    } else {
        require(curl_easy_setopt(handle(), CURLOPT_CAINFO, m_options->ca_file.c_str()));
    }
}

void transfer::set_callbacks() {
    require(curl_easy_setopt(handle(), CURLOPT_PRIVATE, this));
    require(curl_easy_setopt(handle(), CURLOPT_ERRORBUFFER, m_reason.data()));
    require(curl_easy_setopt(handle(), CURLOPT_HEADERFUNCTION, &transfer::on_header));
    require(curl_easy_setopt(handle(), CURLOPT_HEADERDATA, this));
    require(curl_easy_setopt(handle(), CURLOPT_WRITEFUNCTION, &transfer::on_content));
    require(curl_easy_setopt(handle(), CURLOPT_WRITEDATA, this));
    require(curl_easy_setopt(handle(), CURLOPT_READFUNCTION, &transfer::on_send));
    require(curl_easy_setopt(handle(), CURLOPT_READDATA, this));
    require(curl_easy_setopt(handle(), CURLOPT_SEEKFUNCTION, &transfer::on_rewind));
    require(curl_easy_setopt(handle(), CURLOPT_SEEKDATA, this));
}

void transfer::set_content() {
    if (m_ask->content) {
        require(curl_easy_setopt(handle(), CURLOPT_UPLOAD, 1L));
        require(curl_easy_setopt(handle(), CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(m_ask->content->size())));
    }
    require(curl_easy_setopt(handle(), CURLOPT_CUSTOMREQUEST, m_ask->method.c_str()));
}

void transfer::set_headers() {
    m_headers.reset();
    auto const add = [this](std::string const& line) {
        auto* const longer = curl_slist_append(m_headers.get(), line.c_str());
        if (longer == nullptr)
            throw std::bad_alloc{};
        (void)m_headers.release();
        m_headers.reset(longer);
    };
    add("Expect:"); // not asked whether it may come: one way there and back less
    if (m_ask->headers)
        for (auto const& [name, value] : m_ask->headers())
            add(value.empty() ? name + ';' : name + ": " + value);
    require(curl_easy_setopt(handle(), CURLOPT_HTTPHEADER, m_headers.get()));
}

std::string transfer::asked() const {
    return m_ask->method + ' ' + shown_url(m_ask->url);
}

std::optional<transfer::failed> transfer::outcome(CURLcode result) const {
    if (m_thrown)
        std::rethrow_exception(m_thrown);
    if (m_too_long)
        return failed{failure::too_long,
                      asked() + ": the answer is longer than " + std::to_string(m_ask->longest_answer) + " bytes"};
    if (result == CURLE_OK)
        return std::nullopt;
    std::string const reason = m_reason.front() == '\0' ? curl_easy_strerror(result) : m_reason.data();
    return failed{kind_of(result), asked() + ": " + reason};
}

/// What libcurl has handed to the network, and what came from it.
std::uint64_t transfer::moved() const {
    curl_off_t sent = 0, content = 0;
    long headers = 0;
    require(curl_easy_getinfo(handle(), CURLINFO_SIZE_UPLOAD_T, &sent));
    require(curl_easy_getinfo(handle(), CURLINFO_SIZE_DOWNLOAD_T, &content));
    require(curl_easy_getinfo(handle(), CURLINFO_HEADER_SIZE, &headers));
    return static_cast<std::uint64_t>(sent) + static_cast<std::uint64_t>(content) + static_cast<std::uint64_t>(headers);
}

bool transfer::is_stuck(std::chrono::steady_clock::time_point now) {
    long headers = 0;
    require(curl_easy_getinfo(handle(), CURLINFO_HEADER_SIZE, &headers));
    bool const begins = headers > 0 && !std::exchange(m_answered, true);
    if (auto const all = moved(); begins || all >= m_moved + m_options->limits.least_progress) {
        m_last_progress = now;
        m_moved = all;
    }
    return now - m_last_progress > m_options->limits.no_progress;
}

transfer::failed transfer::no_progress() const {
    auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(m_options->limits.no_progress).count();
    return {failure::slow, asked() + ": no progress within " + std::to_string(seconds) + " s"};
}

void transfer::take_header(std::string_view line) {
    if (line.starts_with("HTTP/")) { // the final answer comes after those with 1xx
        m_answer.headers.clear();
        return;
    }
    auto const colon = line.find(':');
    if (colon == std::string_view::npos || line.size() > longest_header || m_answer.headers.size() >= most_headers)
        return;
    m_answer.headers.emplace_back(trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
}

bool transfer::take_content(std::string_view piece) {
    long status = 0;
    require(curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status));
    if (m_ask->take && status >= 200 && status < 300) {
        m_ask->take(piece);
        return true;
    }
    m_too_long = m_answer.content.size() + piece.size() > m_ask->longest_answer;
    if (!m_too_long)
        m_answer.content += piece;
    return !m_too_long;
}

// No exception may pass through libcurl: it is kept, and thrown by outcome().

std::size_t transfer::on_header(char* text, std::size_t one, std::size_t size, void* self) noexcept {
    auto& t = *static_cast<transfer*>(self);
    try {
        t.take_header({text, one * size});
        return one * size;
    } catch (...) {
        t.m_thrown = std::current_exception();
        return 0;
    }
}

std::size_t transfer::on_content(char* text, std::size_t one, std::size_t size, void* self) noexcept {
    auto& t = *static_cast<transfer*>(self);
    try {
        return t.take_content({text, one * size}) ? one * size : CURL_WRITEFUNC_ERROR;
    } catch (...) {
        t.m_thrown = std::current_exception();
        return CURL_WRITEFUNC_ERROR;
    }
}

std::size_t transfer::on_send(char* block, std::size_t one, std::size_t size, void* self) noexcept {
    auto& t = *static_cast<transfer*>(self);
    try {
        auto const n = t.m_ask->content ? t.m_ask->content->read(t.m_sent, {block, one * size}) : 0;
        t.m_sent += n;
        return n;
    } catch (...) {
        t.m_thrown = std::current_exception();
        return CURL_READFUNC_ABORT;
    }
}

int transfer::on_rewind(void* self, curl_off_t place, int origin) noexcept {
    if (origin != SEEK_SET || place < 0)
        return CURL_SEEKFUNC_CANTSEEK;
    static_cast<transfer*>(self)->m_sent = static_cast<std::uint64_t>(place);
    return CURL_SEEKFUNC_OK;
}

} // namespace notes_export::http
