#include "cycle/former_paths.hpp"

#include "feed/published_paths.hpp"
#include "publish/twin_path.hpp"
#include "shard/paths.hpp"
#include "shard/present.hpp"
#include "twin/comparison.hpp"

namespace notes_export {

std::vector<std::string> places_of(former_files const& former, tree const& files) {
    auto paths = former.files;
    for (auto const& directory : former.shards) {
        shard::paths const where{directory};
        for (auto& path : shard::present(files, where))
            if (where.contains(path))
                paths.push_back(std::move(path));
    }
    for (auto const& of_profiles : former.profiles) {
        entity_path const layout{of_profiles};
        for (auto const id : files.profile_ids(layout))
            paths.push_back(layout.of(id));
    }
    return paths;
}

std::vector<std::string> names_of(former_files const& former) {
    std::vector<std::string> names;
    for (auto const* const some : {&former.files, &former.profiles, &former.shards})
        names.insert(names.end(), some->begin(), some->end());
    return names;
}

std::vector<std::string> former_paths(former_files const& former, tree const& files, export_config const& config,
                                      compressions twins) {
    published_paths const now{config};
    std::vector<std::string> paths;
    for (auto const& path : places_of(former, files)) {
        if (now.contains(path))
            continue;
        if (files.is_removable(path))
            paths.push_back(path);
        for (auto const how : all_compressions)
            if (twins_beside(files, path, twins).has(how))
                paths.push_back(twin_path(path, how));
    }
    return paths;
}

} // namespace notes_export
