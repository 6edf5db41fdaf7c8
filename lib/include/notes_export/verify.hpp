#pragma once

#include "notes_export/config.hpp"

#include <cstddef>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/// A difference between tree and database.
struct drift {
    enum class kind { missing, differs, orphan, invalid };
    kind what;
    std::string path;
    bool pending; ///< the row is flagged: the next cycle mends it
};
std::string_view to_string(drift::kind) noexcept;

struct verify_report {
    std::size_t files_checked = 0;
    std::size_t differences = 0;
    std::size_t pending = 0;   ///< differences that the next cycle mends
    std::vector<drift> drifts; ///< the first 100
    std::vector<std::string> warnings;
    bool clean() const noexcept { return differences == 0; }
};

/**
 * Compare the whole tree with one snapshot of the database; change nothing.
 *
 * Publication by a running exporter waits while the files are read.
 * Throws  database_error, schema_error, std::system_error, cancelled.
 */
verify_report verify(export_config const& config, std::stop_token stop = {});

} // namespace notes_export
