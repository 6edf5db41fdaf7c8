#pragma once

#include "document/schema.hpp"
#include "document/schema_node.hpp"

#include <rapidjson/document.h>
#include <rapidjson/schema.h>
#include <string>

namespace notes_export {

/**
 * What a schema is made of. Order matters: later members point into earlier ones, so it never moves.
 *
 * The engine is RapidJSON's validator over a copy of the schema from which everything it reads wrongly, or skips in
 * silence, has been taken out; the tree covers that rest.
 */
struct schema::impl {
    impl(std::string schema_name, rapidjson::Document text);

    std::string name;
    rapidjson::Document source;
    schema_tree tree;
    rapidjson::Document engine_source;
    rapidjson::SchemaDocument engine;
};

} // namespace notes_export
