#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace notes_export {

/// What happened to the files of a tree from one generation to another.
struct changed_paths {
    std::uint64_t to = 0;             ///< the newest generation
    std::vector<std::string> changed; ///< each once, in the order of their paths
    std::vector<std::string> removed; ///< the same; in none of `changed`
};

/**
 * What the change feed of a tree says of the generations after `since`; nullopt: of the newest one.
 *
 * Throws  request_refused when the feed does not reach back so far, or cannot list one of them: it says why.
 *         file_error when the tree or the feed cannot be read.
 * Thread  any; takes no lock, and may be asked beside a running exporter.
 */
changed_paths changes_since(std::filesystem::path const& directory, std::optional<std::uint64_t> since);

} // namespace notes_export
