#pragma once

#include "notes_export/config.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/// Which paths of a tree are the exporter's: profiles, indexes, files of single rows, metadata.json, and the version
/// file where it is inside the tree. Thread: const functions from any number of threads.
class published_paths {
public:
    explicit published_paths(export_config const& config);

    bool contains(std::string_view path) const;
    /// Can a published file be in this directory ("" is the root), or below it?
    bool may_hold(std::string_view directory) const;
    /// The order of publication: profiles first, metadata.json last.
    enum class rank { profile, index, single, metadata };
    rank rank_of(std::string_view path) const;

private:
    std::vector<entity_path> m_profiles;
    std::vector<std::string> m_indexes;
    std::vector<std::string> m_singles;
};

} // namespace notes_export
