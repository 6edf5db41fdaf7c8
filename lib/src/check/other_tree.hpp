#pragma once

#include "notes_export/check.hpp"
#include "notes_export/config.hpp"
#include "pg/connection.hpp"

#include <string>
#include <vector>

namespace notes_export {

/// Does an exporter of another tree serve this schema, so that ours would not start? Who holds our own tree, as it is
/// named in its lock, is no such one.
std::vector<finding> examine_other_trees(pg::connection& c, export_config const& config);

/// Is a session of this application that of the process which holds the tree? "process 17 on db1", and
/// "osm-notes-exportd db1:17: writer".
bool is_session_of(std::string const& holder, std::string const& application);

} // namespace notes_export
