#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace notes_export {

/// A type's number in pg_type. Those of built-in types are part of PostgreSQL's protocol and never change.
using type_oid = std::uint32_t;

/// How the text that PostgreSQL prints for a value becomes JSON.
enum class json_form : std::uint8_t {
    verbatim,  ///< it is JSON
    number,    ///< as it is, but NaN and Infinity in quotes
    boolean,   ///< t, f
    string,    ///< in quotes, escaped
    timestamp, ///< in quotes, T between date and time
    zoned      ///< the same, and the offset with its minutes
};

/**
 * The form of a type whose values we render as row_to_json does, byte by byte; nullopt for all others (arrays,
 * composites, domains, types with a cast to json, ...), which the server has to render.
 */
std::optional<json_form> json_form_of(type_oid type) noexcept;

/// smallint, integer, bigint
bool is_integer(type_oid type) noexcept;

/// Appends a value, as printed by a session with pinned settings (pg::connection).
void append_json_value(std::string& out, json_form form, std::string_view printed);

/// Appends text in quotes, escaped as PostgreSQL does: only what must be, so that UTF-8 and DEL stay as they are.
void append_json_string(std::string& out, std::string_view text);

} // namespace notes_export
