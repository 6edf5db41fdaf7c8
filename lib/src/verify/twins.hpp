#pragma once

#include "verify/findings.hpp"
#include "verify/sides.hpp"

namespace notes_export {

/// Compares the twins of indexes and files of single rows with their files, while nothing is published; those of
/// profiles are compared with their profiles. In large trees publications may wait for that for a second or two.
void compare_file_twins(sides& s, findings& found);

} // namespace notes_export
