#include "publish/held_tree.hpp"

#include "publish/private_directory.hpp"

#include <set>

namespace notes_export {

held_tree::held_tree(std::filesystem::path const& directory, tree::root_link link)
    : files{directory, true, link}, lock{files}, stage{files}, publish{files, stage}, memory{files, stage} {
    if (lock.left_untidy())
        tidy_up();
    make_private(files);
    stage.clear();
    require_directories();
    publishing_lock::prepare(files);
    memory.hide_from_git();
}

held_tree::~held_tree() {
    if (now == condition::tidy)
        lock.sign_off();
}

void held_tree::tidy_up() {
    now = condition::published;
    stage.sync_all();
    stage.clear();
    now = condition::tidy;
}

void held_tree::require_directories() {
    std::set<std::string> paths;
    for (auto const& d : standard_datasets())
        paths.insert({entity_path{d.path}.top(), std::string{parent_of(d.index_path)}});
    for (auto const& d : standard_documents())
        paths.emplace(parent_of(d.path));
    paths.emplace(); // the root comes first
    stage.look_at(files, {paths.begin(), paths.end()});
}

bool held_tree::may_take_whole(std::string_view directory) const {
    auto const above = files.open_existing(parent_of(directory));
    return stage.hands_on_as(above.fd(), files.full(parent_of(directory)));
}

} // namespace notes_export
