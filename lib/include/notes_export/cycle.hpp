#pragma once

#include "notes_export/report.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/// Some entities: dataset -> ids. A dataset without ids stands for its index alone.
using entity_selection = std::map<std::string, std::vector<std::int64_t>>;

struct cycle_request {
    bool full = false;         ///< look at every row and every file, not only at what is flagged
    bool allow_shrink = false; ///< let removals pass that the shrink guard would refuse
    /**
     * These entities alone are rendered, compared, written or removed, pending or not, with the indexes of their
     * datasets and the files of single rows. All else that waits goes on waiting, in the indexes as well. Refused
     * (request_refused) while a full export is owed for another reason than its interval or a request.
     */
    std::optional<entity_selection> only = {};
};

/// How far long work has come.
struct work_progress {
    phase now = phase::detect;
    std::uint64_t done = 0; ///< rows
    std::uint64_t of = 0;   ///< rows of the whole work; 0: not known
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
    std::function<void(phase)> entering = {};             ///< just before a phase begins
    std::function<void(entity_event const&)> entity = {}; ///< just after a profile was published or removed
    /// How many rows of a dataset wait, without those in quarantine: known as soon as the database was looked at.
    std::function<void(std::string_view dataset, std::size_t pending)> found = {};
    /// Once for each publication that waits for a reader of the tree for some seconds: for whom. On any thread.
    std::function<void(std::string const& text)> waiting = {};
    /// At the begin of each phase, and while rows go by about ten times a second at most.
    std::function<void(work_progress const&)> progress = {};
    /// Of preview() alone: a path that the cycle would write, or remove.
    std::function<void(std::string_view path, bool removed)> planned = {};
};

} // namespace notes_export
