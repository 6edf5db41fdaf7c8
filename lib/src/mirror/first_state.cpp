#include "mirror/first_state.hpp"

#include "http/shown_url.hpp"
#include "notes_export/mirrors.hpp"

#include <chrono>

namespace notes_export::mirror {

namespace {

/// What the last process of this mirror knew of its target; nothing is in the state of none.
mirror_state known_of(export_config const& tree, mirror_config const& config) {
    auto const now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    for (auto const& mirror : mirrors_of(tree_of_mirror_state(tree.directory, config), now).mirrors)
        if (mirror.said.name == config.name && mirror.said.url == http::shown_url(config.url))
            return mirror.said;
    return {};
}

} // namespace

mirror_state first_state(export_config const& tree, mirror_config const& config) {
    auto const known = known_of(tree, config);
    mirror_state state;
    state.generation = known.generation; // until it is looked at
    state.generation_time = known.generation_time;
    // Since when it is behind, or fails, is not a matter of processes: a timer starts one for each step.
    state.behind_since = known.behind_since;
    state.errors = known.errors;
    state.error = known.error;
    state.error_kind = known.error_kind;
    state.error_since = known.error_since;
    state.name = config.name;
    state.kind = config.from.empty() ? to_string(config.kind) : "pull";
    state.url = http::shown_url(config.url);
    return state;
}

} // namespace notes_export::mirror
