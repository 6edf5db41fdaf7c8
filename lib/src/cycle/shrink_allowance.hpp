#pragma once

#include "notes_export/allow_shrink.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace notes_export {

std::int64_t microseconds(std::chrono::system_clock::time_point t) noexcept;

/// When a shrink was allowed last: Unix microseconds, 0 is never, or too long ago. One by the clock of this machine,
/// one by the server's.
struct shrink_allowances {
    std::int64_t by_file = 0;
    std::int64_t in_database = 0;
};

/**
 * What has been used of them, as it is noted in the tree before the shrink is published. The note is bound to one
 * generation: until that is published the shrink is allowed, whatever is killed meanwhile; from then on it is used up.
 */
struct used_shrink_allowances {
    shrink_allowances used;       ///< these, and all that were given before them
    std::uint64_t generation = 0; ///< for which
    std::int64_t when = 0;        ///< Unix microseconds

    /// For a file: four numbers.
    std::string text() const;
    /// Nothing was used when it is no such text.
    static used_shrink_allowances parse(std::string_view text);
};

/// Was it given within shrink_allowance_life? A clock that was set back since does not make it last longer than twice
/// that.
bool is_in_force(std::int64_t given, std::int64_t now) noexcept;

/// Is a shrink allowed now? `published` is the generation of the tree.
bool is_shrink_allowed(shrink_allowances const& given, used_shrink_allowances const& used, std::uint64_t published,
                       std::int64_t now) noexcept;

/// When that ends by itself, Unix microseconds; 0: it is not allowed.
std::int64_t shrink_allowed_until(shrink_allowances const& given, used_shrink_allowances const& used,
                                  std::uint64_t published, std::int64_t now) noexcept;

} // namespace notes_export
