#pragma once

#include "cycle/context.hpp"
#include "cycle/dataset_progress.hpp"
#include "cycle/situation.hpp"

#include <list>

namespace notes_export {

/// What an earlier process knew of the indexes, where nothing is known in this one and it is still true.
void recall_indexes(cycle_context const& c, situation const& seen);

/**
 * What is known of the indexes as they are in the tree now: for the next cycle, and for the next process. Called when
 * a publication is over, and before rows are marked: a process that comes after that does not see them any more.
 */
void remember_indexes(cycle_context const& c, situation const& seen, std::list<dataset_progress>& datasets);

} // namespace notes_export
