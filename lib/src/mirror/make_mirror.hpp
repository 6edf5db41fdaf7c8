#pragma once

#include "feed/published_paths.hpp"
#include "mirror/source/tree_source.hpp"
#include "mirror/target.hpp"
#include "notes_export/config.hpp"
#include "notes_export/mirror_config.hpp"

#include <memory>

namespace notes_export::mirror {

/// What a mirror writes to, and what it reads; `ours` as by our_paths(). A further kind is a further line there. Throws
/// mirror_misconfigured.
std::unique_ptr<target> make_target(export_config const& tree, mirror_config const& config,
                                    published_paths const& ours);
std::unique_ptr<tree_source> make_source(export_config const& tree, mirror_config const& config,
                                         published_paths const& ours);

} // namespace notes_export::mirror
