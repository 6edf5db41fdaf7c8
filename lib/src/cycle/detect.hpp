#pragma once

#include "cycle/context.hpp"
#include "cycle/dataset_plan.hpp"
#include "cycle/mode.hpp"
#include "cycle/situation.hpp"

#include <list>
#include <vector>

namespace notes_export {

/// What was found, and what is to be looked at.
struct detection {
    situation seen;
    std::list<dataset_plan> plans; ///< one for each dataset; stable addresses

    /// Nothing is to be looked at: at most metadata.json and the files of single rows may be others.
    bool idle() const;
};

/// The first step of a cycle: sets the report's mode and reason, and tells the observer how many rows wait.
/// `refused_indexes` are those of earlier cycles.
detection detect(cycle_context& c, std::vector<index_size> const& refused_indexes);

mode_facts facts_about(cycle_context const& c, situation const& seen);

} // namespace notes_export
