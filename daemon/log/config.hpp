#pragma once

#include <filesystem>

namespace exportd::logging {

enum class level : int { trace, debug, info, warning, error };
enum class format { text, json };

/// What is logged, how, and where to.
struct config {
    level threshold = level::info;
    format style = format::text;
    std::filesystem::path file; ///< empty: stderr
    unsigned file_mode = 0640;  ///< of a file that is made, whatever the umask is

    bool operator==(config const&) const = default;
};

} // namespace exportd::logging
