#pragma once

#include "feed/former_files.hpp"
#include "notes_export/config.hpp"
#include "publish/twin_path.hpp"
#include "shard/paths.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/// Which paths of a tree are the exporter's: profiles, indexes and their shards, files of single rows, each with the
/// twins that are configured; metadata.json, and the version file where it is inside the tree.
/// Thread: const functions from any number of threads.
class published_paths {
public:
    /// `former`: theirs as well, as if they were configured.
    explicit published_paths(export_config const& config, former_files const& former = {});

    bool contains(std::string_view path) const;
    /// In a change list, any twin is, and any shard: after their keys were changed, lists name those that go.
    bool may_be_listed(std::string_view path) const;
    /// Can a published file be in this directory ("" is the root), or below it?
    bool may_hold(std::string_view directory) const;
    /// The order of publication: profiles first, metadata.json last. Twins have that of their file.
    enum class rank { profile, index, single, metadata };
    rank rank_of(std::string_view path) const;
    /// Of paths that go: those of indexes and shards first, each part in its order. They are to go before the profiles
    /// that they name. Gives how many they are.
    std::size_t put_indexes_first(std::vector<std::string>& going) const;

private:
    enum class wanted {
        now,
        former ///< also files of kinds that are not made any more
    };
    bool is_index(std::string_view path, wanted which) const;
    bool may_have_twins(std::string_view path, wanted which) const;
    struct shards_of_dataset {
        shard::paths where;
        bool made;
    };

    std::vector<entity_path> m_profiles;
    std::vector<std::string> m_indexes;
    std::vector<std::string> m_former_indexes; ///< where one is that is not made any more
    std::vector<shards_of_dataset> m_shards;
    std::vector<std::string> m_singles;
    std::string m_version_file; ///< one of these, which has no twins
    compressions m_twins;
};

} // namespace notes_export
