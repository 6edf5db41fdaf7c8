#pragma once

#include "notes_export/mirror_kind.hpp"

#include <chrono>
#include <filesystem>
#include <string>

namespace notes_export {

/// One copy of the tree, and how it is kept. Members that do not belong to the kind have their defaults.
struct mirror_config {
    std::string name; ///< lower-case letters, digits, '-', '_'; at most 32
    mirror_kind kind = mirror_kind::directory;
    std::string url; ///< may hold a password: never log or print it. directory: an absolute path
    std::chrono::milliseconds min_interval{}; ///< between two steps
    std::string purge_command;                ///< for /bin/sh; "" is none
    std::string purge_url;                    ///< http or https; "" is none; may hold a password

    std::string from; ///< directory: http or https, of somebody's published tree; "" is our own; may hold a password
    std::chrono::milliseconds poll_interval{60'000}; ///< between two looks at `from`

    std::string branch;           ///< git
    std::string directory;        ///< git: of the tree on the branch, relative; "" is its top
    std::string author;           ///< git: Name <mail>
    std::chrono::hours history{}; ///< git: begin anew when it is older; 0: never
    std::string schemas;          ///< git: where the JSON Schemas go on the branch, relative; "" is nowhere

    bool path_style = true; ///< s3: https://host/bucket/key, else https://bucket.host/key
    std::string region;     ///< s3
    std::filesystem::path access_key_file;
    std::filesystem::path secret_key_file;
    std::filesystem::path session_token_file; ///< s3: of credentials that expire; empty is none
    std::string cache_control;                ///< s3: header; "" is none
    bool gzip = false;                        ///< s3
    int connections = 0;                      ///< s3

    bool operator==(mirror_config const&) const = default;
};

/// The tree in whose `.exportd/mirrors/` this mirror says how it is: the one of this machine; where this machine
/// publishes none, a mirror of somebody else's tree says it in its copy.
std::filesystem::path tree_of_mirror_state(std::filesystem::path const& tree, mirror_config const& config);

} // namespace notes_export
