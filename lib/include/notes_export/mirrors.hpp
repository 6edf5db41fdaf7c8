#pragma once

#include "notes_export/mirror_state.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/// How a mirror is, the better the earlier.
enum class mirror_condition {
    current,     ///< its target has what the tree has
    behind,      ///< it has not yet, for less than an hour
    far_behind,  ///< for more than an hour
    failing,     ///< its steps fail
    not_running, ///< its file was not written for three minutes, and no single step that it was asked for ended well
};
/// "current", for programs.
std::string_view to_string(mirror_condition) noexcept;

/// A mirror as it is at one moment.
struct mirror_view {
    mirror_state said;
    mirror_condition is = mirror_condition::current;
    /// For how long the tree has had a newer generation than the target, at most; 0: it has not.
    std::chrono::seconds lag{0};
    /// What is wrong, since when, why, and what to do, on one line; "" when it is current or a little behind. Holds
    /// text of others: escape before showing.
    std::string problem;

    bool running() const noexcept { return is != mirror_condition::not_running; }
    bool failing() const noexcept { return !said.error.empty(); }
    /// Somebody has to do something.
    bool bad() const noexcept { return is > mirror_condition::behind; }
};

/// What is known of all mirrors of a tree.
struct mirror_views {
    std::vector<mirror_view> mirrors;  ///< by name
    std::vector<std::string> problems; ///< files that are no state of a mirror, one line each

    bool bad() const noexcept;
};

inline constexpr std::size_t most_mirrors = 64;

/**
 * What this state means now.
 *
 * `tree_generation` is of the tree, 0 when it is not known: a mirror that does not run cannot know of a newer one. Not
 * of a pull mirror, which follows another tree. `file` is where the state was read, for messages.
 */
mirror_view look_at_mirror(mirror_state said, std::uint64_t tree_generation, std::chrono::sys_seconds now,
                           std::filesystem::path const& file);

/**
 * Reads `.exportd/mirrors/NAME.json` of the tree, and its generation.
 *
 * At most 64 of them, of at most 64 KB each, only regular files, and no symbolic link is followed. Other names, and the
 * directories in which mirrors work, are theirs. Throws nothing of its own: what cannot be read is among the problems.
 * Thread  any. Some system calls, which may hang as long as the disk does.
 */
mirror_views mirrors_of(std::filesystem::path const& root, std::chrono::sys_seconds now);

} // namespace notes_export
