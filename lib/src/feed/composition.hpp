#pragma once

#include "document/metadata.hpp"
#include "feed/ahead_list.hpp"
#include "feed/text.hpp"
#include "notes_export/config.hpp"
#include "publish/staging.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace notes_export::feed {

/// What a generation puts into place at its end, and what goes then.
struct last_step {
    std::vector<staged_file> profiles; ///< those that no earlier batch has put into place
    std::vector<staged_file> files;    ///< indexes, and files of single rows
    staged_file metadata;
    std::vector<std::string> removals;
    notes_export::metadata says; ///< the content of metadata.json
    compressions twins;          ///< that the tree may have then
};

/// What a complete list is made of.
struct composition {
    tree const& files;
    export_config const& config;
    last_step const& end;
    ahead_list const& ahead;
    std::uint64_t begin; ///< of this cycle's blocks in the write-ahead list, which has those of the end
    std::vector<std::string> const& left; ///< what earlier cycles had begun to change, sorted: looked at in the tree
    std::function<sha256_digest(staged_file const&)> digest_of;
};

/// Writes the paths of a list, each once, removals first. Memory grows with `left` and the end, not with the batches.
void compose(composition const& from, list_writer& out);

} // namespace notes_export::feed
