#pragma once

#include <curl/curl.h>

namespace notes_export::http {

/// What libcurl could not do, as a std::runtime_error in its words.
void require(CURLcode result);
void require(CURLMcode result);

} // namespace notes_export::http
