#pragma once

#include "schema/keywords.hpp"
#include "schema/violation.hpp"

#include <functional>
#include <optional>
#include <rapidjson/document.h>
#include <string>
#include <string_view>

namespace notes_export {

/// A small document made from a schema, and what a check must say about it.
struct canary_case {
    std::string json;
    std::string keyword; ///< the one it violates; empty: it fits the schema
    std::string pointer; ///< where in the document
};

using canary_sink = std::function<void(canary_case)>;

/**
 * For every place of a schema: a document that fits for each type allowed there, and one violation of each keyword.
 * Made from the text of the schema alone, not from what the checker has understood of it. Handed over one at a time:
 * of a large schema there are thousands.
 *
 * Throws schema_error when no document can fit, or a keyword refuses nothing.
 */
void for_each_canary_case(rapidjson::Value const& schema, schema_place const& place, canary_sink const& take);

using check_function = std::function<std::optional<violation>(std::string_view json)>;

/// Throws schema_error naming the first of these cases that `check` does not answer as it must.
void prove_canary(rapidjson::Value const& schema, schema_place const& place, check_function const& check);

} // namespace notes_export
