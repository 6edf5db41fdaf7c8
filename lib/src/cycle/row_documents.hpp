#pragma once

#include "cycle/context.hpp"
#include "cycle/situation.hpp"
#include "pg/result.hpp"
#include "publish/staging.hpp"

#include <string>
#include <vector>

namespace notes_export {

/// Why no file is made of these rows, which are none or several, for people.
std::string not_one_row(document const& d, pg::result const& rows);

/// Renders, checks and stages the files that are made of one row each, where they are new or different. One that cannot
/// be made or does not fit its schema stays as it is, and is told of once. Throws validation_error (strict).
std::vector<staged_file> stage_row_documents(cycle_context& c, situation const& seen);

} // namespace notes_export
