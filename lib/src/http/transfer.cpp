#include "http/transfer.hpp"

#include "http/libcurl.hpp"
#include "http/set_options.hpp"
#include "http/shown_url.hpp"

#include <new>

namespace notes_export::http {

namespace {

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

transfer::transfer(client_options const& options)
    : m_options{&options}, m_handle{curl_easy_init()}, m_progress{options.limits} {
    if (!m_handle)
        throw std::bad_alloc{};
}

void transfer::begin(request const& ask) {
    m_ask = &ask;
    m_reason.fill('\0');
    m_progress.begin(std::chrono::steady_clock::now());
    curl_easy_reset(handle()); // connections stay with the multi handle
    set_options(handle(), *m_options);
    require(curl_easy_setopt(handle(), CURLOPT_PRIVATE, this));
    require(curl_easy_setopt(handle(), CURLOPT_ERRORBUFFER, m_reason.data()));
    m_traffic.begin(handle(), ask);
    require(curl_easy_setopt(handle(), CURLOPT_URL, ask.url.c_str()));
    set_content();
    set_headers();
    if (ask.begin_again)
        ask.begin_again();
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
    m_traffic.rethrow();
    if (m_traffic.is_too_long())
        return failed{failure::too_long,
                      asked() + ": the answer is longer than " + std::to_string(m_ask->longest_answer) + " bytes"};
    if (result == CURLE_OK)
        return std::nullopt;
    std::string const reason = m_reason.front() == '\0' ? curl_easy_strerror(result) : m_reason.data();
    return failed{kind_of(result), asked() + ": " + reason};
}

bool transfer::is_stuck(std::chrono::steady_clock::time_point now) {
    // What libcurl has handed to the network, and what came from it.
    curl_off_t sent = 0, content = 0;
    long headers = 0;
    require(curl_easy_getinfo(handle(), CURLINFO_SIZE_UPLOAD_T, &sent));
    require(curl_easy_getinfo(handle(), CURLINFO_SIZE_DOWNLOAD_T, &content));
    require(curl_easy_getinfo(handle(), CURLINFO_HEADER_SIZE, &headers));
    auto const bytes =
        static_cast<std::uint64_t>(sent) + static_cast<std::uint64_t>(content) + static_cast<std::uint64_t>(headers);
    return m_progress.is_stuck(now, bytes, headers > 0);
}

transfer::failed transfer::no_progress() const {
    auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(m_options->limits.no_progress).count();
    return {failure::slow, asked() + ": no progress within " + std::to_string(seconds) + " s"};
}

} // namespace notes_export::http
