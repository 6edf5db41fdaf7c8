#include "http/libcurl.hpp"

#include <stdexcept>
#include <string>

namespace notes_export::http {

void require(CURLcode result) {
    if (result != CURLE_OK)
        throw std::runtime_error{std::string{"libcurl: "} + curl_easy_strerror(result)};
}

void require(CURLMcode result) {
    if (result != CURLM_OK)
        throw std::runtime_error{std::string{"libcurl: "} + curl_multi_strerror(result)};
}

} // namespace notes_export::http
