#pragma once

#include "cycle/context.hpp"
#include "cycle/dataset_change.hpp"
#include "cycle/dataset_plan.hpp"
#include "cycle/marking.hpp"
#include "cycle/render.hpp"
#include "cycle/situation.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <utility>
#include <vector>

namespace notes_export {

/// One dataset on its way through a cycle. Each part is written by one step.
struct dataset_progress {
    dataset_plan const* plan = nullptr; ///< detection
    rendered_profiles rendered;         ///< rendering
    dataset_change change;              ///< index making and the guards; empty when the dataset is not touched
    std::uint64_t index_bytes = 0;      ///< publication: of the index in the tree, 0 when there is none

    /// Profiles in the tree after the cycle.
    std::size_t total(situation const& seen) const;
};

/// For metadata.json, in the order of datasets.
std::vector<std::pair<std::string, std::uint64_t>> totals_of(std::list<dataset_progress> const& datasets,
                                                             situation const& seen);
/// Paths of profiles and index files that go.
std::vector<std::string> removals_of(std::list<dataset_progress> const& datasets);
/// They are gone.
void tell_removals(cycle_context const& c, std::list<dataset_progress> const& datasets);

dataset_report report_of(dataset_progress const& d, marking::counts const& marks, std::size_t total);

} // namespace notes_export
