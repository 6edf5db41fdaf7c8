#pragma once

#include "notes_export/mirroring.hpp"

#include <string>
#include <utility>

namespace notes_export::mirror {

/// A step failed at its target, or for a reason of its own.
class mirror_error : public mirror_failure {
public:
    using mirror_failure::mirror_failure;
};

/// The tree or its feed could not be read: the step is begun again.
class source_error : public mirror_error {
public:
    using mirror_error::mirror_error;
};

/// The tree moved on while a step read it: nothing is wrong, and the step is begun again soon, see follower.
class tree_moved_on : public source_error {
public:
    explicit tree_moved_on(std::string const& text, std::string remedy = {})
        : source_error{"moved_on", text, std::move(remedy)} {}
};

/// There is something in the place of a change list that is none, for all to see: its text says where and why.
class damaged_list : public source_error {
public:
    damaged_list(std::string const& where, std::string const& why)
        : source_error{"bad_list", "the change list " + where + " is damaged: " + why,
                       "its publisher must mend the feed (osm-notes-exportd once --full, there), unless a proxy in "
                       "between sends something else"} {}
};

} // namespace notes_export::mirror
