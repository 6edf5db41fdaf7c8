#pragma once

#include "notes_export/compression.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace notes_export {

/**
 * The change feed: which files of the published tree each generation changed and removed.
 *
 * Format  `state.json` and `NNN/NNN/NNN.json`, one for each generation (generation 42 is 000/000/042.json, as
 *         the OpenStreetMap planet numbers its diffs), below `changes/` when the feed is public, else below
 *         `.exportd/changes/`; change-feed-state.schema.json and change-list.schema.json in schema_dir.
 *         state.json is replaced after metadata.json, so whoever reads it never runs ahead of the tree.
 */

using sha256_digest = std::array<std::uint8_t, 32>;

/// A file of the tree, as a change list names it.
struct listed_file {
    std::string path;       ///< relative to the root of the tree
    std::uint64_t size = 0; ///< bytes
    sha256_digest sha256{}; ///< of its bytes
    bool operator==(listed_file const&) const = default;
};

/// state.json.
struct feed_state {
    std::uint64_t generation = 0; ///< the newest that is published
    std::uint64_t oldest = 0;     ///< whose list is still kept
    std::string export_date;      ///< of the newest: 2026-05-01T12:00:00Z
    /// Which twins may be beside the files of the newest. nullopt: it does not say.
    std::optional<compressions> twins{};
    bool operator==(feed_state const&) const = default;
};

/// One generation: the tree of `previous`, with these files put in and those taken out, is the tree of `generation`.
struct change_list {
    std::uint64_t generation = 0;
    std::uint64_t previous = 0;       ///< generation - 1 unless numbers were left out; 0: nothing came before
    std::string export_date;          ///< as metadata.json says it
    std::string version;              ///< of the data format
    bool complete = true;             ///< false: what changed cannot be listed, compare everything
    std::string reason;               ///< why it is not complete; "" when it is
    std::vector<listed_file> changed; ///< in the order of publication: profiles, indexes, single files, metadata.json
    std::vector<std::string> removed; ///< paths
    bool operator==(change_list const&) const = default;
};

} // namespace notes_export
