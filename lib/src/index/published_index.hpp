#pragma once

#include "files/stamp.hpp"
#include "source/work_list.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>

namespace notes_export {

/// What an exporter knows of an index that it published, so that the next one can be made from it.
struct published_index {
    file_stamp stamp;
    std::string columns;                  ///< what the entries are made of; "": the next one cannot be made from it
    std::size_t profiles = 0;             ///< in the tree, with an entry or without
    std::set<row_name> refused;           ///< rows whose entry is not made from the row
    std::set<std::int64_t> without_entry; ///< ids with a profile whose entry does not fit, or cannot be made
    std::set<std::int64_t> owed;          ///< ids that changed since, in an index that was not published
};

} // namespace notes_export
