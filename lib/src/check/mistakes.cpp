#include "document/schema_files.hpp"
#include "notes_export/check.hpp"
#include "schema/set.hpp"

#include <filesystem>

namespace notes_export {

std::vector<std::string> mistakes_in_schemas(export_config const& config) {
    return schema_set::problems(schema_files(config));
}

std::vector<std::string> mistakes_in(export_config const& config) {
    auto problems = mistakes_in_schemas(config);
    // The root itself may still be made; what it would be made in must be there.
    auto existing = config.directory;
    while (!std::filesystem::exists(existing) && existing.has_relative_path())
        existing = existing.parent_path();
    if (!std::filesystem::is_directory(existing))
        problems.push_back(existing.string() + " is not a directory, so " + config.directory.string() +
                           " cannot be made");
    return problems;
}

} // namespace notes_export
