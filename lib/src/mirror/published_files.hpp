#pragma once

#include "feed/published_paths.hpp"
#include "publish/tree.hpp"

#include <functional>
#include <stop_token>
#include <string>
#include <sys/stat.h>

namespace notes_export::mirror {

/// Calls `each` for whatever is at a published path and is no directory, directory by directory in the order of names.
/// What goes away meanwhile may be left out. Throws file_error, cancelled, and what `each` throws.
void for_each_published(tree const& t, published_paths const& ours,
                        std::function<void(std::string const& path, struct stat const& info)> const& each,
                        std::stop_token const& stop);

} // namespace notes_export::mirror
