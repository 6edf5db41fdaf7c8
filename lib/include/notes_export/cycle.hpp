#pragma once

#include "notes_export/report.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace notes_export {

struct cycle_request {
    bool full = false;         ///< look at every row and every file, not only at what is flagged
    bool allow_shrink = false; ///< let removals pass that the shrink guard would refuse
};

/// One profile that was written or removed.
struct entity_event {
    std::string_view dataset;  ///< "users"
    std::string_view singular; ///< "user"
    std::int64_t id;
    std::string_view name; ///< hostile text: escape before showing
    bool removed;
};

/// Called on the thread that runs the cycle. An exception thrown from here ends the cycle before its next phase.
struct cycle_observer {
    std::function<void(phase)> entering;             ///< just before a phase begins
    std::function<void(entity_event const&)> entity; ///< just after a profile was published or removed
    /// How many rows of a dataset wait, without those in quarantine: known as soon as the database was looked at.
    std::function<void(std::string_view dataset, std::size_t pending)> found = {};
    /// Once for each publication that waits for a reader of the tree for some seconds: for whom. On any thread.
    std::function<void(std::string const& text)> waiting = {};
};

} // namespace notes_export
