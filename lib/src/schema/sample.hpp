#pragma once

#include "schema/keywords.hpp"

#include <rapidjson/document.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace notes_export {

/// What `minimum` and `maximum` allow, within the integers that a double holds exactly.
std::pair<std::int64_t, std::int64_t> integer_range(rapidjson::Value const& schema);

/// The type of a value that is no object and no array.
unsigned scalar_type(rapidjson::Value const& value);

/// Whether such a value fits all that may stand beside `enum`: type, bounds and lengths.
bool fits_beside_enum(rapidjson::Value const& schema, rapidjson::Value const& value);

/// `count` times `element`, as a JSON array that begins with `first` when that is not empty.
std::string array_of(std::size_t count, std::string const& element, std::string const& first = {});

/// One property of a document that is being written.
struct sample_member {
    sample_member(std::string_view its_name, std::string_view json);

    std::string name;
    std::string text; ///< "name":value
};
/// What stands between the braces of an object: all members but that one.
std::string members_without(std::vector<sample_member> const& members, std::string_view name);
std::string object_of(std::vector<sample_member> const& members);
/// The same of members_without().
std::string object_of(std::string const& members);
std::string object_of(std::string const& members, sample_member const& last);

/// The required properties of an object schema, each with a value that fits.
std::vector<sample_member> required_members(rapidjson::Value const& schema, schema_place const& place);

/**
 * Small JSON texts that fit `schema`, one for each type it allows; never empty.
 * A string that fits a pattern is taken from "examples" or "default" when none is easy to find.
 *
 * Throws schema_error when nothing fits.
 */
std::vector<std::string> fitting_samples(rapidjson::Value const& schema, schema_place const& place);

} // namespace notes_export
