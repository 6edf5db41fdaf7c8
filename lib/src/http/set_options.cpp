#include "http/set_options.hpp"

#include "http/libcurl.hpp"

#include <openssl/ssl.h>

namespace notes_export::http {

namespace {

// With libcurl's own choice of certificates (a compiled-in file) SSL_CERT_FILE would mean nothing.
CURLcode trust_as_openssl_does(CURL*, void* context, void*) noexcept {
    return SSL_CTX_set_default_verify_paths(static_cast<SSL_CTX*>(context)) == 1 ? CURLE_OK : CURLE_SSL_CACERT_BADFILE;
}

void set_limits(CURL* handle, patience const& limits) {
    require(curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https"));
    require(curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L));
    require(curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L));
    require(curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1)));
    require(curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L));
    // Do not wait for a name server when a request is given up.
    require(curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L));
    require(curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits.connect.count())));
    require(curl_easy_setopt(handle, CURLOPT_USERAGENT, "osm-notes-exportd"));
    require(curl_easy_setopt(handle, CURLOPT_TCP_NODELAY, 1L));
}

void set_trust(CURL* handle, std::filesystem::path const& ca_file) {
    require(curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L));
    require(curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L));
    require(curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr));
    if (ca_file.empty()) {
        require(curl_easy_setopt(handle, CURLOPT_CAINFO, nullptr));
        require(curl_easy_setopt(handle, CURLOPT_SSL_CTX_FUNCTION, &trust_as_openssl_does));
    } else {
        require(curl_easy_setopt(handle, CURLOPT_CAINFO, ca_file.c_str()));
    }
}

} // namespace

void set_options(CURL* handle, client_options const& options) {
    set_limits(handle, options.limits);
    set_trust(handle, options.ca_file);
}

} // namespace notes_export::http
