#pragma once

#include "publish/tree.hpp"

namespace notes_export {

/**
 * Shuts the private directory, and what is in it, to everybody but its owner: names and refused values are in there,
 * and web servers serve whatever they may read. An earlier version left it open.
 *
 * One right is left where an administrator gave it: a group (or an access list) that may pass through the directory,
 * mode 0710, so that somebody else can lock `.exportd/publishing`, which all may read who get there, and a mirror can
 * read `changes/` and `files`, and write `mirrors/` in it. Those are left as they are.
 * What belongs to somebody else is left to him.
 */
void make_private(tree const& t);

/// A directory that took the place of a private file goes with all that is in it: no file can be renamed over it, and
/// the place is ours.
void make_way(tree const& t, std::string_view path);

/// Makes `mirrors/` in it, where mirrors say how they are: its group may write there, and what is made in it is the
/// group's. One that is there is left as it is. Without it an export works all the same, and a mirror says what is
/// wrong.
void make_place_for_mirrors(tree const& t);

} // namespace notes_export
