#pragma once

#include "log/logging.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace exportd::logging {

struct record {
    std::chrono::system_clock::time_point time;
    level severity;
    std::string_view event;
    std::string_view message;
    std::span<field const> fields;
    std::uint64_t lost_before = 0; ///< records dropped just before this one; shown when not 0
};

constexpr std::size_t max_field_bytes = 1024;
constexpr std::size_t max_message_bytes = 4096;

/// Valid UTF-8 on one line, safe for a terminal: control and bidirectional characters, broken bytes, `\` and `"` come
/// out as backslash escapes; what is longer than max_bytes is cut and ends in an ellipsis.
std::string escaped(std::string_view text, std::size_t max_bytes = max_field_bytes);

/// The same for a line that a command prints: `\` and `"` stay as they are.
std::string printable(std::string_view text, std::size_t max_bytes = max_message_bytes);

/// For a JSON writer, which escapes control characters but takes UTF-8 on trust: broken bytes come out as backslash
/// escapes; what is longer than max_bytes is cut and ends in an ellipsis.
std::string valid_utf8(std::string_view text, std::size_t max_bytes = max_message_bytes);

/// `2026-11-22T16:00:00.123Z INFO  message event=name key=value "quoted when needed"`, without a newline.
/// for_journal leaves out the time, which the journal adds itself.
std::string render_text(record const&, bool for_journal);

/// One JSON object in ASCII, without a newline.
std::string render_json(record const&);

} // namespace exportd::logging
