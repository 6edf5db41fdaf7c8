#include "verify/twins.hpp"

#include "publish/tree_lock.hpp"
#include "publish/twin_path.hpp"
#include "shard/paths.hpp"
#include "shard/present.hpp"
#include "twin/comparison.hpp"

#include <set>
#include <string>
#include <vector>

namespace notes_export {

namespace {

void compare(sides const& s, std::string const& path, std::string const& dataset, compression how, findings& found) {
    auto const twin = twin_path(path, how);
    bool const wanted = s.twins.make.kinds.has(how);
    bool const there = s.files.is_removable(twin);
    if (wanted && s.files.exists(path)) {
        found.checked(1);
        if (!is_twin_of_file(s.files, path, how))
            found.differs({there ? drift::kind::differs : drift::kind::missing, twin, s.twins.changed(), dataset});
    } else if (there) {
        found.differs({drift::kind::orphan, twin, s.twins.changed(), dataset});
    }
}

/// Of shards that are there, and of those that are not.
void compare_twins_of_shards(sides const& s, dataset const& d, compression how, findings& found) {
    std::set<std::string> files;
    for (auto const& path : shard::present(s.files, shard::paths{d}))
        if (auto const twin = twin_at(path); !twin && d.shards.make)
            files.insert(path);
        else if (twin && twin->how == how)
            files.emplace(twin->of);
    for (auto const& path : files)
        compare(s, path, d.name, how, found);
}

} // namespace

void compare_file_twins(sides& s, findings& found) {
    if (s.twins.ours().none())
        return;
    s.settled_between_batches();
    publishing_lock const lock{s.files, publishing_lock::kind::shared, s.stop};
    for (auto const how : all_compressions) {
        if (!s.twins.ours().has(how))
            continue;
        for (auto const& d : s.config.datasets) {
            if (d.has_index())
                compare(s, d.index_path, d.name, how, found);
            compare_twins_of_shards(s, d, how, found);
        }
        for (auto const& d : s.config.documents)
            compare(s, d.path, "", how, found);
    }
}

} // namespace notes_export
