#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace exportd {

enum class mirror_kind { directory, git, s3 };

/// One [mirror NAME]: a copy of the tree that `mirror NAME` keeps equal to it. Members that do not belong to the kind have
/// their defaults.
struct mirror_settings {
    std::string name; ///< lower-case letters, digits, '-', '_'; at most 32
    mirror_kind kind = mirror_kind::directory;
    std::string url;                          ///< may hold a password: never log or print it. directory: an absolute path
    std::chrono::milliseconds min_interval{}; ///< between two steps
    std::string purge_command;                ///< for /bin/sh; "" is none
    std::string purge_url;                    ///< http or https; "" is none; may hold a password

    std::string from; ///< directory: http or https; "" is our own tree

    std::string branch;           ///< git
    std::string directory;        ///< git: of the tree on the branch, relative; "" is its top
    std::string author;           ///< git: Name <mail>
    std::chrono::hours history{}; ///< git: begin anew when it is older; 0: never
    std::string schemas;          ///< git: where the JSON Schemas go on the branch, relative; "" is nowhere

    bool path_style = true; ///< s3: https://host/bucket/key, else https://bucket.host/key
    std::string region;     ///< s3
    std::filesystem::path access_key_file;
    std::filesystem::path secret_key_file;
    std::string cache_control; ///< s3: header; "" is none
    bool gzip = false;         ///< s3
    int connections = 0;       ///< s3

    bool operator==(mirror_settings const&) const = default;
};

} // namespace exportd
