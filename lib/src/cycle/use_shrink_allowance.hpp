#pragma once

#include "cycle/context.hpp"
#include "cycle/situation.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace notes_export {

/// Is a shrink allowed? Then it is noted that this cycle's generation uses it, before anything of it is published.
bool use_shrink_allowance(cycle_context& c, situation const& seen);

/// Was a cycle cut short that had published an allowed shrink, so that files are left over? `staying` are the profiles
/// that the tree had before and keeps: all that it says it has, when nothing but what is left over goes.
bool is_rest_of_shrink(cycle_context const& c, situation const& seen, dataset const& d, std::size_t staying);

/// After the publication: lines of json_export_log that allow nothing any more.
std::vector<std::int64_t> spent_shrink_lines(cycle_context const& c, situation const& seen);

/// At the end of a cycle: the operator's file, when it was used or is too old.
void forget_spent_shrink_file(cycle_context const& c);

} // namespace notes_export
