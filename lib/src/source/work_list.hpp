#pragma once

#include "notes_export/dataset.hpp"
#include "pg/connection.hpp"
#include "pg/cursor.hpp"
#include "source/sql.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace notes_export {

/// What a row says of itself. Neither alone tells which row it is: a key can be in several rows when somebody dropped
/// the constraint that forbids it, and so can an id.
struct row_name {
    std::int64_t key = 0;
    std::int64_t id = 0;
    auto operator<=>(row_name const&) const = default; // NOLINT(modernize-use-nullptr): the 0 is the compiler's
};

/// One datamart row to look at.
struct work_row {
    enum class role : std::uint8_t {
        profile,     ///< its document is the id's file
        doubled,     ///< a further row with the key and id of the profile's: one of their documents is the id's file
        superseded,  ///< another row of the same id is published
        keyless,     ///< its key is NULL, and its id has no better row: it can be neither read nor marked
        unpublished, ///< NULL or an id below 1
    };
    std::int64_t key = 0;
    std::int64_t id = 0;
    std::uint32_t version = 0; ///< xmin
    bool pending = false;      ///< json_exported was not TRUE
    role what = role::profile;

    row_name name() const noexcept { return {key, id}; }
    /// Is a file rightly there at the row's place?
    bool has_file() const noexcept { return what == role::profile || what == role::keyless; }
};

/// A key that several rows have.
struct doubled_key {
    std::int64_t key = 0;
    std::size_t rows = 0;
};

struct work_list {
    std::vector<work_row> rows; ///< in order of id
    std::vector<doubled_key> doubled;
    std::size_t keyless = 0; ///< rows that are left out because their key is NULL, in `rows` or not
};

/// Rows to look at beside those that are pending.
struct further_rows {
    std::set<std::int64_t> keys;
    std::set<std::int64_t> ids;
};

/// Every row. `versions`: see catalog::has_versions. Runs in the caller's snapshot, as do all of these.
work_list read_all_rows(pg::connection& c, sql const& statements, dataset const& d, bool versions);
/// Pending rows, the further ones, and all other rows of their ids.
work_list read_pending_rows(pg::connection& c, sql const& statements, dataset const& d, further_rows const& also);
/// All rows of these ids; `versions` as above.
work_list read_rows_of_ids(pg::connection& c, sql const& statements, dataset const& d, bool versions,
                           std::vector<std::int64_t> const& ids);
/// Ids of rows that are pending, at most so many; 0 stands for what is not published.
std::vector<std::int64_t> read_pending_ids(pg::connection& c, sql const& statements, dataset const& d,
                                           std::size_t at_most);
/// Keys that several rows have, whatever their ids are: at most so many.
std::vector<doubled_key> read_repeated_keys(pg::connection& c, sql const& statements, dataset const& d, int at_most);
/// Rows with these keys, whatever they are; their role is not looked into.
std::vector<work_row> read_rows_of_keys(pg::connection& c, sql const& statements, dataset const& d,
                                        std::vector<std::int64_t> const& keys);

/// Where the file of an id is, in the order of directories.
struct file_place {
    std::int64_t directory = -1; ///< entity_path::directory_number(); before all: -1
    std::int64_t id = 0;
};

/**
 * Rows with a published id in the order of their files, page by page: the server sorts them, and memory holds one page.
 * Ends with the caller's transaction, in which there is no other cursor meanwhile.
 */
class row_pages {
public:
    /// The rows behind that place. `versions` as above.
    row_pages(pg::connection& c, sql const& statements, dataset const& d, bool versions, file_place after);
    /// About so many rows, all of each id, without those that nothing can be done with. `end`: no others follow.
    struct page {
        std::vector<work_row> rows;
        bool end = false;
    };
    page next(std::size_t about);

private:
    pg::connection* m_connection;
    sql const* m_sql;
    dataset const* m_dataset;
    pg::cursor m_cursor;
    std::vector<work_row> m_begun; ///< rows of the last id so far, which may have more
};

} // namespace notes_export
