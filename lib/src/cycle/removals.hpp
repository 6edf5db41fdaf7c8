#pragma once

#include "cycle/context.hpp"
#include "cycle/dataset_plan.hpp"
#include "cycle/removal_window.hpp"
#include "cycle/situation.hpp"

#include <cstddef>
#include <cstdint>
#include <future>
#include <string>
#include <vector>

namespace notes_export {

/// Ids that have a file. Listing a large tree takes its time, which other work can use; invalid: nothing to list.
using listed_files = std::future<std::vector<std::int64_t>>;
listed_files list_files(cycle_context const& c, dataset_plan const& plan);

/// Those of `files` that are not among `ids`, which are in rising order.
std::vector<std::int64_t> files_without_row(std::vector<std::int64_t> const& files,
                                            std::vector<std::int64_t> const& ids);

/// Profiles that no row stands behind any more, and whose files can be removed.
std::vector<std::int64_t> find_removals(cycle_context& c, situation const& seen, dataset_plan const& plan,
                                        listed_files files);

/// The profiles of a dataset now and then: what the shrink guard judges by.
/// `published` are those that the new index stands for, `created` of them have no file yet.
removal_window::change shrinking(std::size_t published_before, std::size_t published, std::size_t created,
                                 std::size_t removals) noexcept;

/// Tells what the shrink guard said, if anything. `before` are the profiles before this cycle.
void tell_verdict(cycle_context& c, dataset const& d, removal_window::verdict const& verdict, std::size_t before);

} // namespace notes_export
