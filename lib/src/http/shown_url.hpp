#pragma once

#include <string>
#include <string_view>

namespace notes_export::http {

/// A URL as it may be shown: without user, password, query and fragment, on one line. What begins with a slash is a
/// path, which may have any of these characters; user@host:path, as ssh takes it, is host:path.
std::string shown_url(std::string_view url);

} // namespace notes_export::http
