#include "notes_export/read_place.hpp"

#include <array>
#include <cstddef>

namespace notes_export {

std::string_view to_string(standby_problem p) noexcept {
    constexpr std::array<std::string_view, 10> words{"none",       "unreachable", "other_system",   "other_database",
                                                     "no_standby", "promoted",    "other_timeline", "behind",
                                                     "failed",     "unknown"};
    return words[static_cast<std::size_t>(p)];
}

} // namespace notes_export
