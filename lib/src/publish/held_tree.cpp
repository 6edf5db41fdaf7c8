#include "publish/held_tree.hpp"

#include "publish/private_directory.hpp"

#include <set>
#include <utility>

namespace notes_export {

held_tree::held_tree(std::filesystem::path const& directory, tree::root_link link, std::vector<std::string> used)
    : files{directory, true, link},
      lock{std::in_place, files},
      stage{files},
      publish{files, stage},
      notes{files, stage},
      used_directories{std::move(used)} {
    if (lock->left_untidy())
        tidy_up();
    make_private(files);
    make_place_for_mirrors(files);
    stage.clear();
    require_directories();
    publishing_lock::prepare(files);
    notes.hide_from_git();
}

held_tree::held_tree(std::filesystem::path const& directory, tree const& scratch)
    : files{directory, false}, stage{scratch}, publish{files, stage}, notes{files, stage} {}

held_tree::~held_tree() {
    if (lock && now == condition::tidy)
        lock->sign_off();
}

void held_tree::tidy_up() {
    now = condition::published;
    stage.sync_all();
    stage.clear();
    now = condition::tidy;
}

void held_tree::require_directories() {
    std::set<std::string> tops;
    for (auto const& directory : used_directories)
        tops.insert(directory.substr(0, directory.find('/')));
    stage.look_at(files, {tops.begin(), tops.end()});
    for (auto const& directory : used_directories)
        stage.require_rename_into(files, directory);
}

bool held_tree::may_take_whole(std::string_view directory) const {
    auto const above = files.open_existing(parent_of(directory));
    return stage.hands_on_as(above.fd(), files.full(parent_of(directory)));
}

} // namespace notes_export
