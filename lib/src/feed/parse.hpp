#pragma once

#include "notes_export/feed.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace notes_export::feed {

/// Longer than any of ours: a million paths of ordinary length.
inline constexpr std::uint64_t longest_list = 256ULL << 20U;
inline constexpr std::size_t longest_state = 4096;

/// state.json; nullopt when it is not one.
std::optional<feed_state> parse_state(std::string_view text);

/// A change list; nullopt when it is not one, or names a path that no published file can have, see is_fit(). In one
/// pass, whatever is in it. The order of its members does not matter, and unknown members are passed over.
std::optional<change_list> parse_list(std::string_view text);

/// Why this is no list of that generation, in a few words; "" when it is one.
std::string fault_of_list(std::string_view text, std::uint64_t generation);

/// The same of an open file, read piece by piece; nullopt also when it is longer than longest_list. Throws file_error.
std::optional<change_list> read_list(int fd, std::filesystem::path const& path);

/// How much of a list is wanted.
enum class list_part {
    all,
    last ///< of `changed` only the last file, of `removed` nothing
};
std::optional<change_list> read_list(int fd, std::filesystem::path const& path, list_part wanted);

} // namespace notes_export::feed
