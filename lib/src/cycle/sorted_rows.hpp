#pragma once

#include "notes_export/dataset.hpp"
#include "source/work_list.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <vector>

namespace notes_export {

/// Rows that do not stand for themselves.
struct row_exceptions {
    std::set<row_name> superseded;  ///< another one of their id stands for them
    std::set<std::int64_t> doubled; ///< ids that several rows of one key want to be published as
};
row_exceptions exceptions_among(std::vector<work_row> const& rows);

/// Rows by what is to become of them.
struct sorted_rows {
    std::vector<work_row> profiles; ///< to be rendered, by directory: a batch has all the files of a new one, probably;
                                    ///< none any more when that is done
    std::vector<work_row> keyless;  ///< refused: they can be neither read nor marked
    std::vector<work_row> without_profile; ///< superseded or unpublished: marked when they are pending
    std::map<std::int64_t, std::vector<work_row>> with_profile; ///< id -> pending rows, marked when its profile is
    std::vector<std::int64_t> ids; ///< of profiles and keyless rows, rising: their files stay
};
sorted_rows sort_out(std::vector<work_row> rows, entity_path const& layout);

/// Those of the ids that none of the rows has, which are in order of id.
std::vector<std::int64_t> ids_without_row(std::set<std::int64_t> const& ids, std::vector<work_row> const& rows);

} // namespace notes_export
