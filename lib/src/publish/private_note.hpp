#pragma once

#include "publish/tree.hpp"

#include <string>
#include <string_view>

namespace notes_export {

/// What a note must survive.
enum class note_safety {
    from_kills, ///< the process; a power failure may leave the old one, or a torn one
    on_disk     ///< a power failure as well
};

/**
 * Replaces a small file of the private directory as a whole. Needs no lock of the tree, so it has a staging of its own:
 * a name beside it that ends in ".new". Its owner is the directory's, whoever we are.
 *
 * Throws  file_error.
 */
void replace_private_note(tree const& t, std::string_view path, std::string const& text, note_safety safety);

} // namespace notes_export
