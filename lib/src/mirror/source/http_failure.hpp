#pragma once

#include "http/error.hpp"
#include "http/exchange.hpp"
#include "mirror/error.hpp"

#include <string>

namespace notes_export::mirror {

/// What went wrong at a published tree behind HTTP, as failures of a mirror: what was asked, why it failed, what to do.
source_error http_failure(http::transport_error const& e);
/// Of an answer that is neither the file nor "there is none". `url` is as it was asked for; it is shown without
/// secrets.
source_error http_failure(std::string const& url, http::response const& answer);

} // namespace notes_export::mirror
