#pragma once

#include "publish/tree.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace notes_export {

/**
 * `.exportd/allow_shrink`: that somebody who may write there has allowed a shrink, and when.
 *
 * Format  Unix microseconds, as text.
 */
namespace shrink_file {

inline constexpr std::string_view path = ".exportd/allow_shrink";

/// Replaces it as a whole and durably. Its owner is the directory's, whoever we are. Throws file_error.
void write(tree const& t, std::int64_t when);
/// 0 when there is none, or no such number in it.
std::int64_t read(tree const& t);

} // namespace shrink_file

} // namespace notes_export
