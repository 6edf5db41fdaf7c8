#pragma once

#include "cycle/context.hpp"
#include "cycle/situation.hpp"
#include "cycle/sorted_rows.hpp"
#include "notes_export/dataset.hpp"
#include "source/export_log.hpp"
#include "source/marks.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

namespace notes_export {

/// How far a cycle reaches beyond the rows that it renders.
struct reach {
    bool touched = false;              ///< the index may be another one
    bool sweep = false;                ///< all files are compared with all ids
    bool had_files = true;             ///< there may be files to be compared
    std::vector<std::int64_t> gone;    ///< without a sweep: ids that no row has any more
    std::vector<std::int64_t> changed; ///< ids whose index entry may be another one; of a full cycle none: all may
};

/// What one cycle is going to look at in one dataset. Nothing of it changes later.
struct dataset_plan {
    explicit dataset_plan(dataset const& d) : set{&d}, layout{d.path} {}

    dataset const* set;
    entity_path layout;
    bool watched = false;                ///< the triggers of install.sql tell of every change
    mark_check check = mark_check::none; ///< other people's triggers may change a row when it is marked
    std::vector<std::int64_t> log_lines; ///< that this cycle serves
    row_exceptions exceptions;
    sorted_rows rows;
    std::size_t rows_read = 0;
    std::size_t pending = 0;                        ///< without those in quarantine
    std::optional<std::set<std::int64_t>> selected; ///< ids that alone are looked at; none: no restriction
    std::set<row_name> left_aside; ///< rows that are not, though they changed: the tree has an older content, or none
    reach reaches;
    std::vector<work_row> to_flag; ///< refused earlier; their flag could not be cleared then
};

/// `index_owed`: the index has to be made whatever changed. Forgets refusals of rows that are gone.
dataset_plan plan_dataset(cycle_context& c, situation const& seen, dataset const& d, bool index_owed);

} // namespace notes_export
