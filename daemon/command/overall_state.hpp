#pragma once

#include "command/live_text.hpp"
#include "exit_codes.hpp"

#include <notes_export/exporter.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace exportd {

/// What `status` knows: from the daemon, from the tree, and from the database if that was asked.
struct whole_status {
    live_state live;
    notes_export::status_report report;
    bool database_asked = false;
    /// What cannot be read is a failure. Not so for somebody whom it is closed to, nor of settings with mistakes.
    bool problems_count = true;
    /// The generation that [hooks] after_publish has not succeeded for; where a daemon tells, it tells of that, too.
    std::optional<std::uint64_t> hook_owed = {};
    bool mistaken = false; ///< the settings have mistakes, so that only the daemon was asked
};

/**
 * All in one word, as `status --json` gives it: that of the daemon, unless what the daemon cannot know is worse;
 * "down": no daemon is running; "unknown": somebody listens, and does not say how he is.
 *
 * Somebody may hold the tree who has no socket: a daemon outside the service, or `once`. Then the database tells.
 */
std::string state_of(whole_status const& s);

/// The exit status of that word, the only one there is for it: success; failure: behind, failing or unknown; down.
exit_code code_of(std::string const& state);

/// Did the failure of the newest recorded run end? A daemon that has done its work since then knows, though the record
/// has only cycles that did something.
bool is_over(whole_status const& s);

} // namespace exportd
