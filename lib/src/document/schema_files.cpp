#include "document/schema_files.hpp"

#include "document/metadata.hpp"

#include <set>
#include <system_error>

namespace notes_export {

namespace {

// What cannot be looked at may be there: who loads it says why it cannot be read.
bool is_absent(std::filesystem::path const& file) {
    std::error_code unseen;
    return !std::filesystem::exists(file, unseen) && !unseen;
}

} // namespace

std::vector<std::filesystem::path> schema_files(export_config const& config) {
    if (config.validation == validation_mode::off)
        return {};
    std::set<std::filesystem::path> files{config.schema_dir / metadata::schema_file};
    for (auto const& d : config.datasets)
        for (auto const& schema : {d.profile_schema, d.index_schema})
            if (!schema.empty())
                files.insert(config.schema_dir / schema);
    for (auto const& d : config.documents)
        if (!d.schema.empty() && (!d.schema_optional || !is_absent(config.schema_dir / d.schema)))
            files.insert(config.schema_dir / d.schema);
    return {files.begin(), files.end()};
}

} // namespace notes_export
