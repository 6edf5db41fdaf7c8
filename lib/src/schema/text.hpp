#pragma once

#include <rapidjson/document.h>
#include <string>
#include <string_view>

namespace notes_export {

/// The text that a JSON string holds; valid as long as the value.
inline std::string_view text_of(rapidjson::Value const& string) {
    return {string.GetString(), string.GetStringLength()};
}

/// A JSON value as text.
std::string json_text(rapidjson::Value const& value);

/// For messages: on one line, control characters escaped; what would be longer than `longest` bytes then is cut at a
/// character and ends in "...".
std::string printable(std::string_view text, std::size_t longest = 80);

/// printable() in quotation marks.
std::string quoted_text(std::string_view text);

} // namespace notes_export
