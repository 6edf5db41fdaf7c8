#pragma once

#include "notes_export/config.hpp"
#include "notes_export/cycle.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
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
    bool pending;             ///< the row is flagged: the next cycle mends it
    std::string dataset = {}; ///< "users"; "" for files of no dataset
    std::int64_t id = 0;      ///< of the entity; 0 for an index or another file
};
std::string_view to_string(drift::kind) noexcept;

/// Called on the thread that verifies. What is thrown from here ends the verification.
struct verify_observer {
    std::function<void(drift const&)> found = {};            ///< each difference, at once
    std::function<void(work_progress const&)> progress = {}; ///< see cycle_observer; `of` is what the tree says
};

struct verify_report {
    std::size_t files_checked = 0;
    std::size_t differences = 0;
    std::size_t pending = 0;           ///< differences that the next cycle mends
    std::vector<drift> drifts;         ///< the first 100
    std::vector<std::string> warnings; ///< the first 1000
    bool clean() const noexcept { return differences == 0; }
};

/**
 * Compare the whole tree with the database; change nothing.
 *
 * Safety  a running exporter may publish meanwhile, and waits for this for about a second at most: each file is
 *         compared with a state of the database that is as new as the file, and all files of a kind (an index,
 *         metadata.json) with one state of the tree.
 * Memory  some megabytes, however many rows there are; rows that do not fit are named in `warnings`.
 * Throws  database_error, schema_error, cancelled, std::system_error: also when something is published so often that
 *         there is no moment in between (EBUSY).
 * Thread  any; others are begun for it, so that export_config::workers of them render, and have ended when it returns.
 */
verify_report verify(export_config const& config, std::stop_token stop = {}, verify_observer const& observer = {});

} // namespace notes_export
