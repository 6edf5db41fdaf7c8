#pragma once

#include "schema/keywords.hpp"
#include "schema/violation.hpp"

#include <functional>
#include <optional>
#include <rapidjson/document.h>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/// A small document made from a schema, and what a check must say about it.
struct canary_case {
    std::string json;
    std::string keyword; ///< the one it violates; empty: it fits the schema
    std::string pointer; ///< where in the document
};

/**
 * For every place of a schema: a document that fits for each type allowed there, and one violation of each keyword.
 * Made from the text of the schema alone, not from what the checker has understood of it.
 *
 * Throws schema_error when no document can fit, or a keyword refuses nothing.
 */
std::vector<canary_case> canary_cases(rapidjson::Value const& schema, schema_place const& place);

using check_function = std::function<std::optional<violation>(std::string_view json)>;

/// Throws schema_error naming the first case that `check` does not answer as it must.
void prove_canary(std::vector<canary_case> const& cases, schema_place const& place, check_function const& check);

} // namespace notes_export
