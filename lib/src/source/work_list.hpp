#pragma once

#include "notes_export/dataset.hpp"
#include "pg/connection.hpp"
#include "source/sql.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace notes_export {

/// One datamart row to look at.
struct work_row {
    enum class role : std::uint8_t {
        profile,    ///< its document is the id's file
        superseded, ///< another row of the same id is published
        unpublished ///< NULL or an id below 1
    };
    std::int64_t key = 0;
    std::int64_t id = 0;
    std::uint32_t version = 0; ///< xmin
    bool pending = false;      ///< json_exported was not TRUE
    role what = role::profile;
};

/// How changed rows are found.
struct detection {
    bool full = false;                ///< every row
    bool triggers = true;             ///< install.sql keeps the flags true to the facts
    std::optional<std::string> since; ///< without triggers: the snapshot of the previous cycle
};

/// Rows in order of id. Runs in the caller's snapshot.
std::vector<work_row> read_work_list(pg::connection& c, sql const& statements, dataset const& d, detection const& how);

} // namespace notes_export
