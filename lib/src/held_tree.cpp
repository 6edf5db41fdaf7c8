#include "held_tree.hpp"

#include <set>

namespace notes_export {

held_tree::held_tree(std::filesystem::path const& directory, tree::root_link link)
    : files{directory, true, link}, lock{files}, stage{files}, publish{files, stage}, memory{files, stage} {
    if (lock.left_untidy())
        tidy_up();
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

void held_tree::require_directories() const {
    std::set<std::string> paths;
    for (auto const& d : standard_datasets())
        paths.insert({entity_path{d.path}.top(), std::string{parent_of(d.index_path)}});
    for (auto const& d : standard_documents())
        paths.emplace(parent_of(d.path));
    for (auto const& path : paths)
        files.try_open_directory(path); // one that is missing will be made
}

} // namespace notes_export
