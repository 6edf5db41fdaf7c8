#pragma once

#include "notes_export/check.hpp"
#include "pg/connection.hpp"
#include "source/catalog.hpp"

#include <vector>

namespace notes_export {

/// Does the server take the statements that read rows, when all columns are there? It does not where a join compares
/// what cannot be compared, or an order is of what has none. It plans them and reads nothing. Only what fails is found.
std::vector<finding> examine_queries(pg::connection& c, export_config const& config, catalog const& there);

} // namespace notes_export
