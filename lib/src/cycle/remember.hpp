#pragma once

#include "cycle/context.hpp"
#include "cycle/dataset_change.hpp"
#include "cycle/marking.hpp"
#include "cycle/situation.hpp"

namespace notes_export {

/// What the next cycle has to know of this one, which is published and marked: in the tree, for another process.
void remember_in_tree(cycle_context const& c, situation const& seen, guards const& known);
/// The same in this process.
void remember_in_process(cycle_context const& c, situation const& seen, marking const& marks);

} // namespace notes_export
