#pragma once

#include <sstream>
#include <string>

namespace test {

/// The line that begins so; "" when there is none.
inline std::string line_of(std::string const& text, std::string const& begin) {
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(begin))
            return line;
    return "";
}

} // namespace test
