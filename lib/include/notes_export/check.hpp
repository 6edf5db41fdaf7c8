#pragma once

#include "notes_export/config.hpp"

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

/// Would an export work? Answers for people, each with what to do about it.
namespace notes_export {

/// The version of install.sql that this program was made with, as it stands in json_export_state.
inline constexpr int current_install_version = 6;

enum class severity {
    ok,
    warning, ///< it works, but not as well or as safely as it could
    error    ///< it would not work
};
std::string_view to_string(severity s) noexcept;

/// One thing that was looked at. Texts may hold names that others chose: escape before showing. Never a password.
struct finding {
    severity how = severity::ok;
    std::string subject; ///< a word or two: "connection", "rights"
    std::string text;    ///< one line
    std::string remedy;  ///< what to do, one line; "" when there is nothing to do
};

severity worst_of(std::vector<finding> const& findings) noexcept;

/**
 * The database as the program's role sees it: connection, server, role, every right that a cycle needs by its name,
 * version and triggers of install.sql. Changes nothing. What cannot be looked at because of an error before it is left
 * out.
 *
 * Throws  cancelled. All else is a finding.
 * Thread  any.
 */
std::vector<finding> examine_database(export_config const& config, std::stop_token stop = {});

/**
 * The tree as the user of this process sees it: can files be written there (tried, with files that have no name), moved
 * from staging into their place, is anything in it somebody else's, is there room. Changes nothing that readers see.
 *
 * Throws  nothing: what fails is a finding.
 * Thread  any.
 */
std::vector<finding> examine_directory(export_config const& config);

/// The JSON Schemas in schema_dir that an export loads, by datasets, documents and validation: is each there, readable,
/// and one that can be used? Nothing else is looked at. Throws nothing. Thread: any.
std::vector<finding> examine_schemas(export_config const& config);

/// What is wrong with this configuration whoever uses it: unusable schemas, a directory that cannot be one. One line
/// each; needs no database and changes nothing. Throws std::system_error when the directory cannot be looked at.
/// Thread: any.
std::vector<std::string> mistakes_in(export_config const& config);

/// The same for schema_dir alone: empty means that exporter::reconfigure() takes it over. Throws nothing. Thread: any.
std::vector<std::string> mistakes_in_schemas(export_config const& config);

} // namespace notes_export
