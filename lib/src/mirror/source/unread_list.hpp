#pragma once

#include "notes_export/feed.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace notes_export::mirror {

/// Some 100,000 files, see most_listed_files: a longer list would take too much memory only to be thrown away.
inline constexpr std::size_t longest_list_in_memory = std::size_t{16} << 20U;

/// In the place of a list that is longer: everything is compared.
inline change_list unread_list(std::uint64_t generation) {
    change_list list;
    list.generation = generation;
    list.previous = generation - 1;
    list.complete = false;
    list.reason = "its change list is longer than " + std::to_string(longest_list_in_memory >> 20U) + " MB";
    return list;
}

} // namespace notes_export::mirror
