#pragma once

#include "cycle/context.hpp"
#include "cycle/dataset_plan.hpp"
#include "cycle/made_index.hpp"
#include "cycle/removal_window.hpp"
#include "cycle/render.hpp"
#include "cycle/situation.hpp"
#include "notes_export/report.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace notes_export {

/// What the guards know from earlier cycles, and what they will have to know.
struct guards {
    removal_window counts;
    std::vector<index_size> refused_indexes;
};

/// What a cycle does to the index and to the removals of one dataset, after the guards have looked at it.
struct dataset_change {
    made_index index;
    std::vector<std::int64_t> removals;  ///< ids whose profile goes
    std::vector<std::int64_t> log_lines; ///< that are served by it
    std::size_t published = 0;           ///< profiles in the tree then, as far as the cycle counted
    std::size_t shrink_refused = 0;      ///< removals that the shrink guard refused
    std::size_t shrink_of = 0;           ///< of so many profiles
    bool index_refused = false;          ///< larger than index_max_size
};

/**
 * Lets the guards look at a new index and at the profiles that are to go with it.
 *
 * A shrink that is refused leaves files and index as they are. With an index that is too large everything that the old
 * one names has to stay: profiles of removed entities wait, in the removal log or for the next full export, until an
 * index without them is published; new and changed profiles are published all the same, and metadata.json counts what
 * is in the tree.
 */
dataset_change guard(cycle_context& c, situation const& seen, dataset_plan const& plan,
                     rendered_profiles const& rendered, made_index index, std::vector<std::int64_t> removals,
                     guards& known);

} // namespace notes_export
