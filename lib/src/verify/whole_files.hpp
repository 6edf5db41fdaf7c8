#pragma once

#include "verify/findings.hpp"
#include "verify/profiles.hpp"
#include "verify/sides.hpp"

#include <utility>
#include <vector>

namespace notes_export {

/// Compares the files that are made of one row each, while nothing is published.
void compare_documents(sides& s, std::vector<document> const& documents, findings& found);

/// Compares metadata.json with the number of profiles in the tree, and with the columns of the tables, all of one
/// moment. In large trees publications may wait for that for a second.
void compare_metadata(sides& s, std::vector<std::pair<dataset const*, compared_profiles>> const& profiles,
                      findings& found);

} // namespace notes_export
