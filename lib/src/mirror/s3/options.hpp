#pragma once

#include "http/client_options.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace notes_export::mirror {

struct s3_credentials {
    std::string access_key;
    std::string secret_key;
    std::string session_token; ///< of credentials that expire; else ""
};

enum class s3_style {
    path, ///< https://host/bucket/key
    host  ///< https://bucket.host/key
};

enum class s3_compression { none, gzip };

struct s3_options {
    std::string url; ///< https://host/bucket/prefix, whatever the style is; the prefix may be missing
    s3_style style = s3_style::path;
    std::string region = "us-east-1";
    /// Called anew for each step, so that rotated and expired credentials heal. See read_s3_credentials().
    std::function<s3_credentials()> credentials;
    std::string cache_control = "max-age=300"; ///< "" sends none
    s3_compression compress = s3_compression::none;
    unsigned connections = 16;
    std::filesystem::path ca_file; ///< see http::client_options
    /// Files that are not small wait here, nameless, while they are sent.
    std::filesystem::path spool_directory = "/var/tmp";
    http::patience limits;
};

/// Each file holds one value, maybe with white space around it; `session_token_file` may be empty. Throws mirror_error
/// "credentials", which names the file and never shows what is in it.
s3_credentials read_s3_credentials(std::filesystem::path const& access_key_file,
                                   std::filesystem::path const& secret_key_file,
                                   std::filesystem::path const& session_token_file = {});

} // namespace notes_export::mirror
