#pragma once

#include "notes_export/compression.hpp"
#include "publish/tree.hpp"

#include <string_view>

namespace notes_export {

/// Those of `among` that are beside the file: twins, or what else can be unlinked there.
compressions twins_beside(tree const& t, std::string_view path, compressions among);

/**
 * Does the twin of a file in the tree decompress to these bytes, and to no more? With which level it was made does not
 * matter. false when there is none. Memory: some blocks.
 *
 * Throws  file_error. Thread: any.
 */
bool is_twin_of(tree const& t, std::string_view path, compression how, std::string_view bytes);
/// The same with the bytes that are in the file itself. false when there is none.
bool is_twin_of_file(tree const& t, std::string_view path, compression how);

} // namespace notes_export
