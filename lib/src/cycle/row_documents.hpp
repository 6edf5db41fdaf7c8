#pragma once

#include "cycle/context.hpp"
#include "cycle/situation.hpp"
#include "publish/staging.hpp"

#include <vector>

namespace notes_export {

/// Renders, checks and stages the files that are made of one row each, where they are new or different. One that cannot
/// be made or does not fit its schema stays as it is, and is told of once. Throws validation_error (strict).
std::vector<staged_file> stage_row_documents(cycle_context& c, situation const& seen);

} // namespace notes_export
