#pragma once

#include "cycle/context.hpp"
#include "cycle/dataset_change.hpp"
#include "cycle/dataset_plan.hpp"
#include "cycle/marking.hpp"
#include "cycle/situation.hpp"

#include <cstdint>

namespace notes_export {

/// What the next cycle has to know of this one, which is published and marked: in the tree, for another process.
void remember_in_tree(cycle_context const& c, situation const& seen, guards const& known);
/// The same in this process.
void remember_in_process(cycle_context const& c, situation const& seen, marking const& marks);
/// What is known of an index in the tree; of one that was not made only its size, which is what this gives: bytes, 0
/// when there is none.
std::uint64_t remember_index(cycle_context const& c, dataset_plan const& plan, published_index&& known);

} // namespace notes_export
