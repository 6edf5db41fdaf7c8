#pragma once

#include <string>
#include <string_view>

/// What is asked of a database to find out whether an export would work there. Values travel as parameters.
namespace notes_export::check_statements {

/// -> role, database, server version, its number, is it a standby?
std::string session();
/// $1 schema -> is it there, may our role use it?
std::string schema();
/// $1 schema, $2 table -> attributes of our role beyond those of an exporter, for people; the role's limit of sessions,
/// the database's; -1 is none.
std::string role();
/// $1 schema, $2 relations, $3 columns ("" is the relation as a whole), $4 rights -> number from 1, is the relation
/// there, is the column there, is the right granted?
std::string rights();
/// $1 schema, $2 function -> has it one that our role may call? No row: there is none of that name.
std::string function_rights();
/// $1 schema, $2 relations -> name of those whose row security keeps rows from our role.
std::string row_security();
/// $1 schema, $2 table, $3 its key column, $4 its id column -> what of it no index finds: "pending rows", "rows by
/// their key", "rows by their id". No rows of a relation that can have no index.
std::string missing_indexes();
/// -> version of install.sql that ran last; no row when somebody emptied the table.
std::string install_version(std::string_view schema);

} // namespace notes_export::check_statements
