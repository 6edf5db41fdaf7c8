#pragma once

#include "notes_export/dataset.hpp"
#include "pg/connection.hpp"
#include "publish/tree.hpp"
#include "source/catalog.hpp"
#include "source/sql.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string_view>

namespace notes_export {

/// What is special about rows when an index is made.
struct index_exceptions {
    std::set<std::int64_t> superseded;            ///< keys: another row of the same id is published
    std::map<std::int64_t, std::int64_t> refused; ///< key -> id: the tree has an older content of this row, or none
};

struct index_entry {
    std::int64_t id;
    std::string_view text; ///< as row_to_json prints it
    bool kept;             ///< not from its row, but from the published profile
};

/**
 * Gives the entries of a dataset's index in their order, and returns how many profiles there are.
 *
 * The index agrees with the profiles: for a refused row, whose profile keeps its old content, the entry is made from
 * that profile. A refused row without a profile, or with one that is damaged, has no entry.
 */
std::size_t for_each_index_entry(pg::connection& c, sql const& statements, catalog const& columns, dataset const& d,
                                 tree const& files, index_exceptions const& exceptions,
                                 std::function<void(index_entry const&)> const& use);

} // namespace notes_export
