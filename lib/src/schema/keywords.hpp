#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <rapidjson/document.h>
#include <string>
#include <string_view>
#include <utility>

namespace notes_export {

/// The types a draft-07 schema tells apart, as bits. "number" in a schema is both number bits.
enum schema_type : unsigned {
    type_null = 1,
    type_boolean = 2,
    type_object = 4,
    type_array = 8,
    type_string = 16,
    type_fraction = 32, ///< a number that is not an integer
    type_integer = 64,
    type_any = 127
};

/// What `type` allows at this place; everything when it is absent.
unsigned allowed_types(rapidjson::Value const& schema);

/// A length or count keyword, or `otherwise` when it is absent.
std::size_t limit(rapidjson::Value const& schema, std::string_view keyword, std::size_t otherwise);

/// The least and the greatest integer that `minimum` and `maximum` allow, or `otherwise` where they are absent.
std::pair<std::int64_t, std::int64_t> integer_range(rapidjson::Value const& schema,
                                                    std::pair<std::int64_t, std::int64_t> otherwise);

/// Names listed by `required`.
bool is_required(rapidjson::Value const& schema, std::string_view property);

/// One more step of a JSON pointer, escaped.
std::string pointer_step(std::string_view name);

/// A place in a schema file, for messages: "file.json#/properties/x".
struct schema_place {
    std::string file;
    std::string pointer;

    schema_place step(std::string_view name) const { return {file, pointer + pointer_step(name)}; }
    [[noreturn]] void fail(std::string const& reason) const; ///< throws schema_error
};

/// Calls `visit` for every schema directly inside `schema`.
void for_each_subschema(rapidjson::Value const& schema, schema_place const& place,
                        std::function<void(rapidjson::Value const&, schema_place const&)> const& visit);

/**
 * Proves that every keyword at every place is one this program checks, has a value of the right kind and has an effect.
 * A keyword that would be skipped in silence (misspelt, of a later draft, beside a type it does not apply to) is
 * refused.
 *
 * Throws schema_error.
 */
void prove_keywords(rapidjson::Value const& schema, schema_place const& place);

} // namespace notes_export
