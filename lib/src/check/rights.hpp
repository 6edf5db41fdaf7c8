#pragma once

#include "notes_export/check.hpp"
#include "pg/connection.hpp"

#include <string>
#include <vector>

namespace notes_export {

/// A right that a cycle needs.
struct needed_right {
    std::string relation;
    std::string column; ///< "" is the whole relation
    std::string right;  ///< "SELECT"
    bool required;      ///< without this relation, or the right, there is no export; else it is only worse
    bool if_there;      ///< the relation need not be there
};

/// All of them: to read every relation that documents are made from, to set the flag, and to use what install.sql made.
std::vector<needed_right> needed_rights(export_config const& config);

/// Are they granted to this session's role?
std::vector<finding> examine_rights(pg::connection& c, export_config const& config, std::string const& role);

} // namespace notes_export
