#pragma once

#include "mirror/target.hpp"

namespace test {

/// What a step that succeeds says of itself.
inline notes_export::mirror::step_result applied(notes_export::mirror::target& target,
                                                 notes_export::mirror::change_set const& changes,
                                                 notes_export::mirror::tree_source& source,
                                                 std::stop_token const& stop = {}) {
    notes_export::mirror::step_result result;
    target.apply(changes, source, stop, result);
    return result;
}

} // namespace test
