#pragma once

#include "schema/schema.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace notes_export {

/// The schemas of one export, loaded and proven together. Empty when nothing is to be checked.
class schema_set {
public:
    schema_set() = default;
    /// Throws schema_error for the first unusable one.
    static schema_set load(std::vector<std::filesystem::path> const& files);
    /// The reasons why load() would throw, one for each unusable schema.
    static std::vector<std::string> problems(std::vector<std::filesystem::path> const& files);

    /// By file name; nullopt: documents of this schema are not checked.
    std::optional<schema> find(std::string const& file) const;

private:
    std::map<std::string, schema> m_schemas;
};

} // namespace notes_export
