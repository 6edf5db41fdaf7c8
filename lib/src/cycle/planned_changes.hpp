#pragma once

#include "cycle/context.hpp"
#include "cycle/tree_publication.hpp"

namespace notes_export {

/// Of a cycle that only looks: tells what would be put into place after the profiles, which were told of when they were
/// rendered, and what would go; and counts it, as a cycle does: without the version file and the change feed. `end` is
/// none: nothing would be published.
void tell_planned(cycle_context& c, publication_end const* end);

} // namespace notes_export
