#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

namespace notes_export {

/// Any PostgreSQL failure. Plain strings: outlives the connection. Never contains the conninfo.
class database_error : public std::runtime_error {
public:
    database_error(std::string const& message, std::string sqlstate, bool connection_lost)
        : std::runtime_error{message}, m_sqlstate{std::move(sqlstate)}, m_connection_lost{connection_lost} {}

    std::string const& sqlstate() const noexcept { return m_sqlstate; } ///< "" if libpq gave none
    bool connection_lost() const noexcept { return m_connection_lost; } ///< from PQstatus(), not from the SQLSTATE

private:
    std::string m_sqlstate;
    bool m_connection_lost;
};

/// A failed operation on a file: what was done, on which path, and errno as code().
class file_error : public std::system_error {
public:
    file_error(std::string const& action, std::filesystem::path path, int error)
        : std::system_error{error, std::generic_category(), action + ' ' + path.string()},
          m_operation{action.substr(0, action.find(' '))},
          m_path{std::move(path)} {}

    std::string const& operation() const noexcept { return m_operation; } ///< one word: "open", "rename", "fsync"
    std::filesystem::path const& path() const noexcept { return m_path; }

private:
    std::string m_operation;
    std::filesystem::path m_path;
};

/// A schema file that cannot be used: a configuration mistake.
class schema_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Another exporter holds this tree or this database; the message names it.
class lock_held : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A document does not fit its schema and validation is strict.
class validation_error : public std::runtime_error {
public:
    validation_error(std::string const& message, std::string schema)
        : std::runtime_error{message}, m_schema{std::move(schema)} {}

    std::string const& schema() const noexcept { return m_schema; } ///< file name of the schema

private:
    std::string m_schema;
};

/// What was asked for cannot be done while the tree is as it is; the message says why.
class request_refused : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The caller asked to stop; nothing was published that was not completely published. Rows may be unmarked.
class cancelled : public std::runtime_error {
public:
    cancelled() : std::runtime_error{"stopped before the end"} {}
    explicit cancelled(std::string const& message) : std::runtime_error{message} {}
};

} // namespace notes_export
