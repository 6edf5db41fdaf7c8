#pragma once

#include "http/html_page.hpp"
#include "status/health.hpp"

#include <notes_export/dataset.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace exportd {

/// The page at /. Works without scripts; with them it refreshes in place.
html_page status_page(health_state const& s, std::vector<notes_export::dataset> const& kinds,
                      std::chrono::steady_clock::time_point now);

/// The form that asks for a published profile of one of these kinds, with these values in it.
std::string profile_form(std::vector<notes_export::dataset> const& kinds, std::string_view chosen, std::string_view id);

} // namespace exportd
