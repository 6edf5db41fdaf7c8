#pragma once

#include "settings/settings.hpp"
#include "setup/program.hpp"
#include "setup/setup_request.hpp"

#include <filesystem>
#include <string>

namespace exportd {

/// The database, and as whom it is prepared.
struct warehouse {
    std::string database;
    std::string owner;     ///< role that owns the datamart tables
    file_owner runner;     ///< user of this system whose psql can do it: the owner, else one who is superuser there
    program install;       ///< psql with install.sql
    std::string uninstall; ///< what reverses it, as an operator would type it
};

/**
 * Asks the server of [database] conninfo who owns the tables, and finds out who may prepare it. The user
 * `administrator` of this system is who asks; PGUSER and PGPASSWORD of the environment are handed on.
 *
 * Throws setup_error: no psql, no such database, no tables, nobody who may.
 */
warehouse find_warehouse(setup_request const& asked, setup_places const& places, settings const& s,
                         std::string const& administrator = "postgres");

/// What install.sql said: its last line, with warnings before it. Throws setup_error with the error of the server.
std::string prepare(warehouse const& w);

} // namespace exportd
