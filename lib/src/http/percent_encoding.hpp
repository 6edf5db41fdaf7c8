#pragma once

#include <string>
#include <string_view>

namespace notes_export::http {

/// Everything but letters, digits and "-._~" percent-encoded (RFC 3986, unreserved); '/' too unless `keep_slash`.
/// Thread: any.
std::string percent_encoded(std::string_view text, bool keep_slash = false);

} // namespace notes_export::http
