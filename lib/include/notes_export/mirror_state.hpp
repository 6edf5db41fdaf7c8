#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/**
 * What a mirror says of itself: `.exportd/mirrors/NAME.json`, replaced as a whole after each step, each failure, and at
 * least once a minute while it runs. The mirror writes it, maybe as another user; status, page and metrics read it, so
 * its content is hostile.
 *
 * Units   Unix seconds; 0 is never.
 */
struct mirror_state {
    std::string name;                  ///< of [mirror NAME]: lower-case letters, digits, '-', '_'
    std::string kind;                  ///< that of a mirror_kind, or "pull": somebody else's tree
    std::string url;                   ///< without user, password and query
    std::uint64_t generation = 0;      ///< in the target
    std::uint64_t tree_generation = 0; ///< of the tree that it follows, when it last looked
    std::int64_t generation_time = 0;  ///< when the target got its generation
    std::int64_t behind_since = 0;     ///< since when the tree has had a newer generation; 0: it has not
    std::int64_t written = 0;          ///< of this file: an old one means that no mirror runs
    std::uint64_t steps = 0;           ///< since it was started
    std::uint64_t errors = 0;          ///< failed steps since it was configured
    std::string error;                 ///< the last failure while it lasts, one line; "" is none
    std::string error_kind;            ///< a short word, see mirror_failure
    std::int64_t error_since = 0;      ///< when steps began to fail
    std::int64_t ended = 0;            ///< when it ended well, having been asked for one step only; 0: it did not
    bool operator==(mirror_state const&) const = default;

    /// JSON with one newline at the end.
    std::string text() const;
    /// nullopt when the text is no state of a mirror. Names of files come from outside: `name` must be the file's.
    static std::optional<mirror_state> parse(std::string_view text);
};

} // namespace notes_export
