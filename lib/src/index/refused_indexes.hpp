#pragma once

#include "notes_export/report.hpp"
#include "publish/tree.hpp"

#include <string>
#include <vector>

namespace notes_export {

/// Indexes that were too large when they were last made. The next process must know of them, and so must `status`.
std::vector<index_size> read_refused_indexes(tree const& files);
/// What is written for them: a JSON array and a newline.
std::string refused_indexes_text(std::vector<index_size> const& refused);

} // namespace notes_export
