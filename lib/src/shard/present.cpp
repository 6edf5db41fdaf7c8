#include "shard/present.hpp"

#include "files/directory_entries.hpp"
#include "publish/twin_path.hpp"

namespace notes_export::shard {

std::vector<std::string> present(tree const& t, paths const& where) {
    std::vector<std::string> found;
    if (where.directory().empty())
        return found;
    for (auto const& directory : where.directories()) {
        auto const opened = t.try_open_directory(directory);
        if (!opened)
            continue;
        for_each_entry(opened.fd(), t.full(directory), [&](dirent const& entry) {
            auto path = directory + '/' + entry.d_name;
            auto const twin = twin_at(path);
            if (entry.d_type != DT_DIR && where.contains(twin ? twin->of : std::string_view{path}))
                found.push_back(std::move(path));
        });
    }
    return found;
}

} // namespace notes_export::shard
