#pragma once

#include <cstdint>
#include <optional>

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

} // namespace notes_export
