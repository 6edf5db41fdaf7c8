#pragma once

#include "feed/published_paths.hpp"
#include "notes_export/config.hpp"
#include "notes_export/mirror_config.hpp"

#include <cstdint>

namespace notes_export::mirror {

/**
 * Which paths a mirror writes and removes: those that are configured, and of a tree of this machine also those that
 * were before, as long as the tree has them or a copy of this generation may (0: it is not known for one).
 *
 * Of somebody else's tree only what is configured here is known; of its files, any twin.
 */
published_paths our_paths(export_config const& tree, mirror_config const& config, std::uint64_t generation);

} // namespace notes_export::mirror
