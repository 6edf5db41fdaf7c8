#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Text of others, made fit for a log, a terminal or a JSON writer.
namespace exportd::logging {

inline constexpr std::size_t max_field_bytes = 1024;
inline constexpr std::size_t max_message_bytes = 4096;

/// Valid UTF-8 on one line, safe for a terminal: control and bidirectional characters, broken bytes, `\` and `"` come
/// out as backslash escapes; what is longer than max_bytes is cut and ends in an ellipsis.
std::string escaped(std::string_view text, std::size_t max_bytes = max_field_bytes);

/// The same in double quotes; in single ones when there are double ones in it, as in most messages of PostgreSQL, so
/// that these can be read, and copied, as they are.
std::string quoted(std::string_view text, std::size_t max_bytes = max_field_bytes);

/// The same for a line that a command prints: `\` and `"` stay as they are.
std::string printable(std::string_view text, std::size_t max_bytes = max_message_bytes);

/// For a JSON writer, which escapes control characters but takes UTF-8 on trust: broken bytes come out as backslash
/// escapes; what is longer than max_bytes is cut and ends in an ellipsis.
std::string valid_utf8(std::string_view text, std::size_t max_bytes = max_message_bytes);

} // namespace exportd::logging
