#pragma once

#include "schema/schema.hpp"
#include "schema/node.hpp"

#include <rapidjson/document.h>
#include <string>

namespace notes_export {

/**
 * What a schema is made of. Order matters: the tree points into the source, so it never moves.
 */
struct schema::impl {
    impl(std::string schema_name, rapidjson::Document text);

    std::string name;
    rapidjson::Document source;
    schema_tree tree;
};

} // namespace notes_export
