#pragma once

#include "http/client_options.hpp"

#include <curl/curl.h>

namespace notes_export::http {

/// What is the same for all requests of a client: protocols and limits, and whose certificates are trusted. Throws as
/// require() of libcurl.hpp.
void set_options(CURL* handle, client_options const& options);

} // namespace notes_export::http
