#include "check/used_directories.hpp"

#include "publish/tree.hpp"
#include "shard/paths.hpp"

#include <set>

namespace notes_export {

std::vector<std::string> used_directories(export_config const& config) {
    std::set<std::string> paths{""};
    for (auto const& d : config.datasets)
        paths.insert({entity_path{d.path}.top(), std::string{parent_of(d.index_path)}});
    for (auto const& d : config.datasets)
        if (d.shards.make)
            for (auto& path : shard::paths{d}.directories())
                paths.insert(std::move(path));
    for (auto const& d : config.documents)
        paths.emplace(parent_of(d.path));
    return {paths.begin(), paths.end()};
}

} // namespace notes_export
