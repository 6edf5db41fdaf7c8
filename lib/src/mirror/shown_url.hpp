#pragma once

#include <string>
#include <string_view>

namespace notes_export::mirror {

/// A URL as it may be shown: without user, password and query.
std::string shown_url(std::string_view url);

} // namespace notes_export::mirror
