#pragma once

#include "schema/node.hpp"

#include <rapidjson/document.h>
#include <string>

namespace notes_export {

/// What a schema is made of. Order matters: the tree points into the source, so it never moves.
struct loaded_schema {
    loaded_schema(std::string schema_name, rapidjson::Document text)
        : name{std::move(schema_name)}, source{std::move(text)}, tree{source} {}

    std::string name;
    rapidjson::Document source;
    schema_tree tree;
};

} // namespace notes_export
