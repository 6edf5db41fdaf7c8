#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace notes_export::feed {

/// Where a feed is, relative to the root of the tree: for everybody, or for us and our mirrors.
inline constexpr std::string_view public_directory = "changes";
inline constexpr std::string_view private_directory = ".exportd/changes";
inline constexpr std::string_view state_name = "state.json";
/// Paths of files that have been, or are about to be, replaced or removed; always in private_directory.
inline constexpr std::string_view ahead_path = ".exportd/changes/ahead";

/// A greater one is damaged: it would not fit its column in the database.
inline constexpr std::uint64_t last_generation = 1ULL << 53U;
inline constexpr std::size_t longest_path = 4096;

/// "000/000/042.json" for 42, relative to the feed's directory; above 999,999,999 the first part becomes longer.
std::string list_path(std::uint64_t generation);
/// The same backwards; nullopt for every other path.
std::optional<std::uint64_t> generation_at(std::string_view list_path) noexcept;

/// May this be the path of a published file? Relative, no empty component, no "." or "..", no control characters,
/// nothing of our private directory, at most longest_path bytes. (That it is UTF-8 the reader of JSON sees to.)
bool is_fit(std::string_view path) noexcept;

/// Without control characters.
bool is_printable(std::string_view text) noexcept;

} // namespace notes_export::feed
