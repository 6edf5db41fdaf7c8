#pragma once

#include "publish/staging.hpp"
#include "schema/violation.hpp"
#include "source/work_list.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace notes_export {

/// What became of one row's document.
struct profile_outcome {
    enum class kind : std::uint8_t {
        equal,   ///< the live file has these bytes
        staged,  ///< new or different, valid, written to staging
        refused, ///< new or different, and invalid
        drifted  ///< comparing only: new or different, and valid
    };
    work_row row;
    kind what = kind::equal;
    std::size_t documents = 1; ///< that the source gives for this row: more when a key of a table is not unique
    bool had_file = false;     ///< a live file exists
    staged_file file;          ///< staged only
    std::string name;          ///< of the entity; "" for equal ones
    violation why;             ///< refused only
    /// Staged with it, or because an equal file lacks them or they are not its own. Comparing only: those, as targets.
    std::vector<staged_file> twins;
};

} // namespace notes_export
