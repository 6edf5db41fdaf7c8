#pragma once

#include "cycle/context.hpp"
#include "cycle/dataset_plan.hpp"
#include "cycle/situation.hpp"
#include "index/entries.hpp"

#include <set>

namespace notes_export {

/// What is special about rows when the whole index is made. `refused` are the rows in quarantine. A cycle that has not
/// seen every row asks for the ids that several have.
index_exceptions find_exceptions(cycle_context const& c, situation const& seen, dataset_plan const& plan,
                                 std::set<row_name> const& refused);

} // namespace notes_export
