#include "mirror/source/redirect.hpp"

#include "http/shown_url.hpp"
#include "mirror/error.hpp"

#include <curl/curl.h>
#include <memory>
#include <new>

namespace notes_export::mirror {

namespace {

struct clean_url {
    void operator()(CURLU* u) const noexcept { curl_url_cleanup(u); }
};
using url_handle = std::unique_ptr<CURLU, clean_url>;

bool is_redirect(int status) noexcept {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::optional<std::string> part(url_handle const& url, CURLUPart which) {
    char* text = nullptr;
    if (curl_url_get(url.get(), which, &text, 0) != CURLUE_OK)
        return std::nullopt;
    std::unique_ptr<char, decltype(&curl_free)> const owned{text, &curl_free};
    return std::string{text};
}

struct authority {
    std::string scheme, host, port;
    std::optional<std::string> user, password;
};

authority authority_of(url_handle const& url) {
    return {part(url, CURLUPART_SCHEME).value_or(""), part(url, CURLUPART_HOST).value_or(""),
            part(url, CURLUPART_PORT).value_or(""), part(url, CURLUPART_USER), part(url, CURLUPART_PASSWORD)};
}

/// Libcurl knows no other reason than memory to refuse what it gave us.
void set(url_handle const& url, CURLUPart which, std::string const& text) {
    if (curl_url_set(url.get(), which, text.c_str(), 0) != CURLUE_OK)
        throw std::bad_alloc{};
}

/// They are for the server that they were given for, and no other one.
void keep_user(url_handle const& next, authority const& before, authority const& after) {
    bool const same = after.scheme == before.scheme && after.host == before.host && after.port == before.port;
    if (!same || after.user || !before.user)
        return;
    set(next, CURLUPART_USER, *before.user);
    if (before.password)
        set(next, CURLUPART_PASSWORD, *before.password);
}

source_error refused(std::string const& url, std::string const& to, std::string const& why) {
    return {"redirected", "GET " + http::shown_url(url) + ": the server sends to " + to + ", " + why,
            "set `from` to where the tree is now"};
}

} // namespace

std::optional<std::string> redirected(std::string const& url, http::response const& answer) {
    if (!is_redirect(answer.status))
        return std::nullopt;
    auto const to = std::string{answer.header("Location")};
    url_handle const next{curl_url()};
    if (!next)
        throw std::bad_alloc{};
    // What is set second is taken as relative to the first.
    if (to.empty() || curl_url_set(next.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK)
        throw refused(url, "nowhere", "with status " + std::to_string(answer.status));
    auto const before = authority_of(next);
    if (curl_url_set(next.get(), CURLUPART_URL, to.c_str(), 0) != CURLUE_OK)
        throw refused(url, http::shown_url(to), "which is no address");
    auto const after = authority_of(next);
    if (after.scheme != "https" && !(after.scheme == "http" && before.scheme == "http"))
        throw refused(url, http::shown_url(to), "which is not followed from " + before.scheme + " to " + after.scheme);
    keep_user(next, before, after);
    auto whole = part(next, CURLUPART_URL);
    if (!whole)
        throw refused(url, http::shown_url(to), "which is no address");
    return whole;
}

} // namespace notes_export::mirror
