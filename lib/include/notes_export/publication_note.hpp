#pragma once

#include "notes_export/report.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace notes_export {

/**
 * A note in the private directory of a tree: which publication somebody has yet to act on, or acted on last. With it
 * whoever acts on publications (a command after each, say) makes up for one after a restart or a kill.
 *
 * Format  `.exportd/acted_on`: "42 owed full 12 0", generation, mode, files written and removed; or "42 done".
 * Safety  replaced as a whole, but not waited for to be on disk: who loses it in a power failure acts once more.
 * Thread  one at a time; needs no lock of the tree.
 */

/// The newest generation of the tree has yet to be acted on. Throws file_error.
void remember_owed(std::filesystem::path const& directory, publication const& what);
/// All up to this generation were acted on. Throws file_error.
void remember_done(std::filesystem::path const& directory, std::uint64_t generation);

/**
 * What has yet to be acted on: nothing when the published generation was; else what the note says of it. Where the note
 * is lost, or of another generation: mode full, and of the files those that it knows of.
 *
 * Throws std::system_error when the tree cannot be read; that there is none is nothing.
 */
std::optional<publication> owed_publication(std::filesystem::path const& directory);

} // namespace notes_export
