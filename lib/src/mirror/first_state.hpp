#pragma once

#include "notes_export/config.hpp"
#include "notes_export/mirror_config.hpp"
#include "notes_export/mirror_state.hpp"

namespace notes_export::mirror {

/// What a mirror says of itself until it has looked at its target: what the last process of it knew. Nothing of it,
/// where that one had another target, or there was none.
mirror_state first_state(export_config const& tree, mirror_config const& config);

} // namespace notes_export::mirror
