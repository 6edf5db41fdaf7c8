#pragma once

#include "source/work_list.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

namespace notes_export {

/// Those whose document can be read.
inline std::vector<work_row> profiles_among(std::vector<work_row> const& rows) {
    std::vector<work_row> profiles;
    std::ranges::copy_if(rows, std::back_inserter(profiles),
                         [](work_row const& row) { return row.what == work_row::role::profile; });
    return profiles;
}

} // namespace notes_export
