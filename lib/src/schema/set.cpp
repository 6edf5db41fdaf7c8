#include "schema/set.hpp"

#include "notes_export/error.hpp"

#include <future>

namespace notes_export {

schema_set schema_set::load(std::vector<std::filesystem::path> const& files) {
    // The canaries of a large schema take some milliseconds, which a start should not wait for one after the other.
    std::vector<std::future<schema>> loading;
    for (auto const& file : files)
        loading.push_back(std::async(std::launch::async, [&file] { return schema::load(file); }));
    schema_set set;
    for (std::size_t i = 0; i < files.size(); ++i)
        set.m_schemas.emplace(files[i].filename().string(), loading[i].get());
    return set;
}

std::vector<std::string> schema_set::problems(std::vector<std::filesystem::path> const& files) {
    std::vector<std::string> reasons;
    for (auto const& file : files) {
        try {
            schema::load(file);
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
