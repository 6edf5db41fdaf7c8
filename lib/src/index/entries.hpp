#pragma once

#include "notes_export/dataset.hpp"
#include "pg/connection.hpp"
#include "publish/tree.hpp"
#include "source/catalog.hpp"
#include "source/sql.hpp"
#include "source/work_list.hpp"

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/// What is special about rows when an index is made.
struct index_exceptions {
    std::set<row_name> superseded;     ///< another row of the same id is published
    std::set<row_name> refused;        ///< the tree has an older content of this row, or none
    std::set<std::int64_t> doubled;    ///< ids that several rows of one key want to be published as
    std::set<std::int64_t> unreadable; ///< ids of refused rows that the server cannot give
};

struct index_entry {
    std::int64_t id;
    bool published;        ///< there is a profile
    bool kept;             ///< not from its row, but from the published profile
    std::string_view text; ///< as row_to_json prints it; "": there is none
};

/// Where entries come from.
struct index_source {
    pg::connection& reader;
    sql const& statements;
    catalog const& columns;
    tree const& files;
};

/**
 * Gives the entries of a dataset's index in their order, and returns how many profiles there are.
 *
 * The index agrees with the profiles: for a refused row, whose profile keeps its old content, the entry is made from
 * that profile. A refused row without a profile has no entry; one whose profile is damaged has one without text.
 */
std::size_t for_each_index_entry(index_source const& from, dataset const& d, index_exceptions const& exceptions,
                                 std::function<void(index_entry const&)> const& use);

/**
 * Gives the entries of these ids, which are in rising order, one for each id; without text where there is none.
 *
 * false: a refused row is not the one that its id is published from, so that nothing is certain. Entries may have been
 * given.
 */
bool for_each_changed_entry(index_source const& from, dataset const& d, index_exceptions const& exceptions,
                            std::vector<std::int64_t> const& ids, std::function<void(index_entry const&)> const& use);

/// Are all values in the entries scalar, and are those that make the order whole numbers? Then an entry holds no raw
/// newline, and its place in the index can be told from its text. What they are made of; "" is no.
std::string mergeable_columns(dataset const& d, catalog const& columns);

} // namespace notes_export
