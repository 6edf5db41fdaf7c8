#pragma once

#include "mirror/sight.hpp"
#include "mirror/state_keeper.hpp"
#include "notes_export/mirror_state.hpp"
#include "notes_export/mirroring.hpp"

#include <chrono>
#include <filesystem>
#include <functional>

namespace notes_export::mirror {

/**
 * What a mirror says of itself, as its work goes on: where it is, since when it is behind, and what fails.
 * state_keeper writes it to that tree. Of the observer it tells `alive`, `silent` and `recovered`.
 *
 * Thread  one; now() and touch(): any.
 */
class told_state {
public:
    told_state(std::filesystem::path tree, mirror_state first, mirror_observer const& observer);

    void begin() { m_keeper.begin(); }
    mirror_state now() const { return m_keeper.now(); }
    /// A sign of life.
    void touch() { m_keeper.touch(); }

    /// Both sides were looked at. What failed was done by somebody, or needs not be done any more, when they are equal.
    void looked(sight const& seen);
    /// A step came to its end.
    void stepped(sight const& seen);
    /// An attempt at anything came to nothing.
    void failed(mirror_failure const& e);
    /// It ends, having done all that was asked for.
    void ended();

private:
    void tell(sight const& seen);
    void forget_failure();

    std::function<void(std::chrono::seconds failing)> m_recovered;
    state_keeper m_keeper;
};

} // namespace notes_export::mirror
