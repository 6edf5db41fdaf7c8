#pragma once

#include "http/html_page.hpp"
#include "status/health.hpp"

#include <chrono>

namespace exportd {

/// The page at /. Works without scripts; with them it refreshes in place.
html_page status_page(health_state const& s, std::chrono::steady_clock::time_point now);

/// The form that asks for a published profile, with these values in it.
std::string profile_form(std::string_view dataset, std::string_view id);

} // namespace exportd
