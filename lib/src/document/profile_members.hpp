#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/**
 * The texts of these top-level members of a JSON object, byte by byte as they stand in it; nullopt when the text is no
 * object or one of them is missing.
 */
std::optional<std::vector<std::string>> profile_members(std::string_view json, std::vector<std::string> const& names);

} // namespace notes_export
