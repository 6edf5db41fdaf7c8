#pragma once

#include "source/column_type.hpp"

#include <string>
#include <string_view>

namespace notes_export {

/// Appends a value, as printed by a session with pinned settings (pg::connection).
void append_json_value(std::string& out, json_form form, std::string_view printed);

/// Appends text in quotes, escaped as PostgreSQL does: only what must be, so that UTF-8 and DEL stay as they are.
void append_json_string(std::string& out, std::string_view text);
std::string json_string(std::string_view text);

} // namespace notes_export
