#include "held_tree.hpp"

namespace notes_export {

held_tree::held_tree(std::filesystem::path const& directory)
    : files{directory, true}, lock{files}, stage{files}, publish{files, stage}, memory{files, stage} {
    if (lock.left_untidy())
        tidy_up();
    stage.clear();
}

held_tree::~held_tree() {
    if (now == condition::tidy)
        lock.sign_off();
}

void held_tree::tidy_up() {
    now = condition::published;
    stage.sync_all();
    if (auto const left = stage.names(); !left.empty())
        memory.owe(left.front());
    stage.clear();
    now = condition::tidy;
}

} // namespace notes_export
