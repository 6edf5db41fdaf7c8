#include "schema/set.hpp"

#include "document/metadata.hpp"
#include "notes_export/dataset.hpp"
#include "notes_export/error.hpp"

#include <future>

namespace notes_export {

namespace {

std::vector<std::string> file_names(std::filesystem::path const& directory) {
    std::vector<std::string> names;
    for (auto const& d : standard_datasets()) {
        names.push_back(d.profile_schema);
        names.push_back(d.index_schema);
    }
    for (auto const& d : standard_documents())
        if (!d.schema_optional || std::filesystem::exists(directory / d.schema))
            names.push_back(d.schema);
    names.emplace_back(metadata::schema_file);
    return names;
}

} // namespace

schema_set schema_set::load(std::filesystem::path const& directory) {
    // The canaries of a large schema take some milliseconds, which a start should not wait for one after the other.
    auto const names = file_names(directory);
    std::vector<std::future<schema>> loading;
    for (auto const& name : names)
        loading.push_back(std::async(std::launch::async, [path = directory / name] { return schema::load(path); }));
    schema_set set;
    for (std::size_t i = 0; i < names.size(); ++i)
        set.m_schemas.emplace(names[i], loading[i].get());
    return set;
}

std::vector<std::string> schema_set::problems(std::filesystem::path const& directory) {
    std::vector<std::string> reasons;
    for (auto const& name : file_names(directory)) {
        try {
            schema::load(directory / name);
        } catch (schema_error const& e) {
            reasons.emplace_back(e.what());
        }
    }
    return reasons;
}

std::optional<schema> schema_set::find(std::string const& file) const {
    auto const found = m_schemas.find(file);
    return found == m_schemas.end() ? std::nullopt : std::optional{found->second};
}

} // namespace notes_export
