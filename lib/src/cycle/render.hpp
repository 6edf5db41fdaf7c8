#pragma once

#include "cycle/context.hpp"
#include "cycle/dataset_plan.hpp"
#include "cycle/situation.hpp"
#include "cycle/tree_publication.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace notes_export {

/// What became of the rows of one dataset.
struct rendered_profiles {
    std::size_t exported = 0;      ///< new or different
    std::size_t created = 0;       ///< of these, without a file before
    std::size_t unchanged = 0;     ///< equal to the file
    std::size_t twins = 0;         ///< new, or mended
    std::ptrdiff_t pending = 0;    ///< rows that wait though the plan did not count them, less those that were refused
    std::vector<work_row> to_flag; ///< refused though they were not pending
};

/// Renders, checks and stages the plan's profiles, and hands them to the publication, in batches when they are many.
/// Refusals go to the quarantine. Throws validation_error when nothing may be refused.
rendered_profiles render_profiles(cycle_context& c, situation const& seen, dataset_plan const& plan,
                                  tree_publication& publication);

/// Rows that render_profiles() goes through.
std::size_t rows_to_render(dataset_plan const& plan) noexcept;

/// At least as many rows as wanted, and the rest of the last branch unless it is a large one; `rows` are in order of
/// directory.
std::span<work_row const> whole_branches(std::span<work_row const> rows, std::size_t wanted, entity_path const& layout);

/// Profiles that are published together. The first ones of a tree come in small batches, when nothing may fail later.
std::size_t batch_rows(export_config const& config, bool first_export) noexcept;

} // namespace notes_export
