#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/// Our environment as another program gets it: with these variables in place of those of the same names, and without
/// others. "NAME=value" each.
std::vector<std::string> environment_with(std::map<std::string, std::string> const& variables,
                                          std::span<std::string_view const> without);

/// As exec(3) and posix_spawn(3) take texts: a pointer to each, and a null one behind. Valid as long as they are.
std::vector<char*> null_terminated(std::vector<std::string>& texts);

} // namespace notes_export
