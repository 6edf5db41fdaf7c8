#pragma once

#include "notes_export/compression.hpp"
#include "notes_export/dataset.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace notes_export {

/// Asked for the password of a session each time one is opened, so that it may change meanwhile. On any thread.
/// What it throws counts as a database that is not available.
using password_source = std::function<std::string()>;

/// What happens to a document that does not fit its schema.
enum class validation_mode {
    quarantine, ///< the old file stays, the row stays pending and is reported; the rest goes on
    strict,     ///< the cycle fails
    off         ///< nothing is checked
};

/// The change feed, see feed.hpp.
struct feed_config {
    bool publish = false; ///< below `changes/` for everybody, else below `.exportd/changes/`
    std::chrono::seconds retention = std::chrono::hours{168}; ///< older lists go; 0: there is no feed
};

/// Precompressed files beside the published ones, which a web server sends instead: of profiles, indexes and files of
/// single rows. metadata.json, the version file and the feed have none.
struct twin_config {
    compressions kinds;   ///< none: no twins are made
    int gzip_level = 6;   ///< 1 to 12
    int brotli_level = 5; ///< 0 to 11; of indexes 9 at most
};

struct export_config {
    std::string conninfo = "dbname=notes_dwh"; ///< libpq connection string; may hold a password, is never logged
    password_source password;                  ///< stronger than conninfo's; none: conninfo's, or what libpq finds
    /// Of a physical standby, from which snapshots are read while it has all that the primary has; "": all is read from
    /// the primary. The same password.
    std::string read_conninfo;
    /// A cycle waits so long for the standby to be reached, and to replay what the primary has.
    std::chrono::milliseconds read_wait{10'000};
    std::string schema = "dwh"; ///< PostgreSQL schema of the datamart tables
    std::string application_name = "notes_export";

    /// What is exported. At least one dataset; names and paths are unlike.
    std::vector<dataset> datasets = standard_datasets();
    std::vector<document> documents = standard_documents();

    std::filesystem::path directory;                                 ///< root of the published tree; made when missing
    std::filesystem::path version_file = ".json_export_version";     ///< relative to directory, or absolute
    std::chrono::seconds metadata_heartbeat = std::chrono::hours{6}; ///< metadata.json is rewritten at least this often
    std::chrono::seconds full_interval = std::chrono::hours{24};     ///< a full export at least this often; 0 is never

    /// A view that was there in the last full export is waited for so long before profiles are made from the table.
    std::chrono::milliseconds view_grace{10'000};

    std::chrono::seconds runs_retention =
        std::chrono::hours{2160}; ///< older rows of <schema>.json_export_runs go; 0 is never

    feed_config feed;
    twin_config twins;

    int workers = 2;         ///< threads (each with its own connection) that read, check and write profiles
    int batch_size = 10'000; ///< profiles that are published and marked together
    /// Bytes. A larger index does not replace the published one: hosts of git repositories refuse such files, and with
    /// them everything else of a commit. 0 is no limit.
    std::uint64_t index_max_size = 100'000'000;
    validation_mode validation = validation_mode::quarantine;
    std::filesystem::path schema_dir; ///< JSON Schemas, named by datasets and documents

    std::chrono::milliseconds connect_timeout{10'000}; ///< see session_request
    std::chrono::milliseconds lock_timeout{
        30'000}; ///< PostgreSQL lock_timeout: a locked table fails the cycle, it is retried
    /// PostgreSQL statement_timeout; a server that does not even say so a little later counts as lost.
    std::chrono::milliseconds statement_timeout{300'000};
};

} // namespace notes_export
