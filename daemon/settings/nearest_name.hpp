#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace exportd {

/// Letters to insert, delete or replace to turn one word into the other.
std::size_t edit_distance(std::string_view, std::string_view);

/// The name that was probably meant: at most one letter in three is wrong. Of equally near ones the first.
std::optional<std::string_view> nearest_name(std::string_view word, std::span<std::string_view const> names);

/// `; did you mean "workers"?`, or nothing.
std::string suggestion(std::string_view word, std::span<std::string_view const> names);

} // namespace exportd
