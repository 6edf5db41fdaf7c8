#pragma once

#include "document/row_json.hpp"
#include "source/catalog.hpp"
#include "source/sql.hpp"

#include <string>
#include <vector>

namespace notes_export {

/// A query, and how its rows become documents.
struct document_query {
    std::string text;
    row_json document;
};

/// The first name that two members of a profile would have, as a joined column has that of one of the table; "": none.
std::string repeated_member(dataset const& d, catalog const& columns);

/// `d` with the columns that are read for it. Of a dataset's table all but the flag, which the export itself sets.
document with_columns(document d, std::vector<dataset> const& all, catalog const& columns);

/// $1 keys -> key, id, name and what the profile is made of.
document_query profile_query(sql const& statements, dataset const& d, catalog const& columns);
/// $1 ids to leave out -> key, id, with_order: the values that make the order, and what the index entry is made of; in
/// index order.
document_query index_query(sql const& statements, dataset const& d, catalog const& columns, bool with_order);
/// $1 ids -> key, id and what the entry is made of; in order of id, of each id the row that is published first.
document_query index_query_of_ids(sql const& statements, dataset const& d, catalog const& columns);

} // namespace notes_export
