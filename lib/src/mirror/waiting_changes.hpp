#pragma once

#include "feed/published_paths.hpp"
#include "mirror/change_set.hpp"
#include "mirror/target.hpp"

#include <cstddef>
#include <functional>
#include <optional>

namespace notes_export::mirror {

/// The list of one generation; nullopt: it is not kept any more. May throw.
using list_of_generation = std::function<std::optional<change_list>(std::uint64_t generation)>;

/// More are not held as a list: comparing everything costs little more then, and memory stays small.
inline constexpr std::size_t most_listed_files = 100'000;

/// Is the target's newest generation another than the tree's, though the numbers are the same?
bool has_another_past(cursor const& target, feed_state const& tree);

/**
 * The lists of all generations behind that of the target, up to the newest, as one: each path as the newest list that
 * names it has it. `everything` when they do not reach from the one to the other without a gap, one of them is not
 * complete, the target is ahead of the tree or of another past, or it is too much; also when one is damaged, with a
 * warning.
 *
 * Throws  source_error when a list names a path that is not the exporter's: lists may come from others, and nothing is
 *         written where they like.
 */
change_set waiting_changes(cursor const& target, feed_state const& tree, published_paths const& ours,
                           list_of_generation const& list, std::size_t at_most = most_listed_files);

} // namespace notes_export::mirror
