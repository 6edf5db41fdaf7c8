#pragma once

#include <string>
#include <string_view>

namespace exportd {

enum class colour { red, green, yellow };

/// `text` in that colour, as terminals understand it (ECMA-48), and what follows as before.
std::string painted(std::string_view text, colour c);

} // namespace exportd
