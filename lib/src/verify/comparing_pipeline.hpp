#pragma once

#include "cycle/profile_pipeline.hpp"
#include "verify/sides.hpp"

namespace notes_export {

/// Makes profiles of the snapshot that `s` has now, and only compares them. `progress` counts them, when there is one.
inline profile_pipeline comparing_pipeline(sides& s, dataset const& d, progress_meter* progress = nullptr) {
    return {{s.database, s.statements, s.columns, s.files, nullptr, s.schemas, s.config.workers, s.stop, &s.oversized,
             progress, s.twins},
            d};
}

} // namespace notes_export
