#pragma once

#include "feed/published_paths.hpp"
#include "mirror/git/options.hpp"
#include "mirror/git/repository.hpp"

#include <stop_token>
#include <string>
#include <string_view>

namespace notes_export::mirror {

/// May the mirror write over what is at this path of the branch? `mode` is git's. Files and links at a path of ours are
/// ours, whoever made them what they are. Pure.
bool is_ours_to_replace(std::string_view path, std::string_view mode, git_options const& options,
                        published_paths const& ours);

/**
 * Fails, and names it, if something of others is on the branch and not in the commit that is to follow it: a file where
 * a directory of ours has to be, or files where a file of ours has to be. Git itself would do away with it.
 *
 * Throws  mirror_error in_the_way; as git_repository. Thread: one.
 */
void require_nothing_in_the_way(git_repository const& repository, git_options const& options,
                                published_paths const& ours, git_object_id const& head, git_object_id const& next,
                                std::stop_token const& stop);

} // namespace notes_export::mirror
