#pragma once

#include "http/exchange.hpp"

#include <optional>
#include <string>

namespace notes_export::mirror {

/// Where an answer sends to, as a URL; nullopt: it is none that sends elsewhere.
///
/// Only from http to http or https, and from https to https; user and password stay where they were meant for.
/// Throws  source_error for every other one.
std::optional<std::string> redirected(std::string const& url, http::response const& answer);

} // namespace notes_export::mirror
