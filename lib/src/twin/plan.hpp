#pragma once

#include "notes_export/config.hpp"

#include <string>
#include <string_view>

namespace notes_export {

/**
 * Which twins a cycle makes, and which of those in the tree are ours.
 *
 * A tree notes what twins it was given (journal::twins()), before it gets the first. So those that others put beside
 * our files stay theirs, until the key says that we make such; and after the key was changed, a full export brings all
 * twins in order before the note says so.
 */
struct twin_plan {
    twin_config make;      ///< as it is configured
    compressions recorded; ///< that the tree may have by its own note

    bool makes_any() const noexcept { return !make.kinds.none(); }
    compressions ours() const noexcept {
        auto all = recorded;
        all.add(make.kinds);
        return all;
    }
    bool changed() const noexcept { return recorded != make.kinds; }
};

/// The note's text. Of a damaged one, the words that are understood.
std::string noted_twins(compressions all);
compressions read_noted_twins(std::string_view text) noexcept;

} // namespace notes_export
