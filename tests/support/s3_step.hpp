#pragma once

#include "mirror/s3/target.hpp"
#include "mirror/waiting_changes.hpp"
#include "support/applied_step.hpp"
#include "support/made_tree.hpp"

namespace test {

/// What the mirror command does with a target and a tree: one step.
inline notes_export::mirror::step_result step(notes_export::mirror::s3_target& target, made_tree& tree,
                                              std::stop_token const& stop = {}) {
    namespace mirror = notes_export::mirror;
    notes_export::published_paths const ours{notes_export::export_config{}};
    auto const changes =
        mirror::waiting_changes(target.generation(stop), tree.state(stop).value(), ours,
                                [&](std::uint64_t generation) { return tree.changes(generation, stop); });
    return applied(target, changes, tree, stop);
}

} // namespace test
