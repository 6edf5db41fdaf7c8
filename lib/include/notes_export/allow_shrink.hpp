#pragma once

#include <chrono>
#include <filesystem>

namespace notes_export {

/// An allowance that nobody needed ends then.
inline constexpr std::chrono::hours shrink_allowance_life{24};

/**
 * Lets the next cycle that removes more than the shrink guard lets pass do so, once: the exporter of that tree, running
 * or not, finds it in the private directory.
 *
 * Returns  when it ends unused.
 * Throws   request_refused when there is no tree of ours, or it belongs to somebody else; std::system_error when the
 *          tree cannot be looked at or written to.
 * Safety   needs no lock; survives a restart. Only who may write in the private directory can do this.
 * Thread   any.
 */
std::chrono::system_clock::time_point allow_shrink(std::filesystem::path const& directory);

} // namespace notes_export
