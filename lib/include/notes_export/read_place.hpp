#pragma once

#include <string>
#include <string_view>

namespace notes_export {

/// Why a standby is not read from.
enum class standby_problem {
    none,
    unreachable,    ///< no session can be had
    other_system,   ///< it is a copy of another server
    other_database, ///< of the right server, but not the one that is exported
    no_standby,     ///< it is the primary itself
    promoted,       ///< it is a primary of its own by now
    other_timeline, ///< it follows, or did, another primary than the one that is written to
    behind,         ///< it did not replay in time what the primary has
    failed,         ///< reading from it failed: a conflict with recovery, a lost session
    unknown         ///< the primary did not tell its position
};
/// One word for records.
std::string_view to_string(standby_problem) noexcept;

/// Which server a cycle read.
struct read_place {
    bool configured = false; ///< there is [database] read_conninfo
    bool standby = false;    ///< it was the standby
    standby_problem problem = standby_problem::none;
    std::string error{};  ///< the same for people; "" is none
    bool changed = false; ///< since this was last told: worth a record
};

} // namespace notes_export
