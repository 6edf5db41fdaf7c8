#pragma once

#include "cycle/context.hpp"
#include "cycle/dataset_progress.hpp"
#include "cycle/profile_batch.hpp"
#include "cycle/situation.hpp"

#include <list>
#include <string>
#include <vector>

namespace notes_export {

/// Stages the twins of these indexes and files of single rows, and says of each file which old ones go with it. A full
/// export, one of selected entities, and one after a publication that was cut short also make those that files which
/// stay as they are lack. On threads of their own; profiles get theirs where they are rendered.
/// `going` are paths that this cycle removes.
std::vector<staged_file> stage_file_twins(cycle_context& c, situation const& seen, std::vector<staged_file>& files,
                                          std::vector<std::string> const& going);

/// Twins that go: with their file, and in such exports those that have none, or that are not made any more. `last` is
/// staged and not in place yet; so are `files`.
std::vector<std::string> twins_to_remove(cycle_context const& c, situation const& seen,
                                         std::list<dataset_progress> const& datasets, profile_batch const& last,
                                         std::vector<staged_file> const& files);

} // namespace notes_export
