#include "status/painted.hpp"

#include <array>

namespace exportd {

std::string painted(std::string_view text, colour c) {
    constexpr std::array<std::string_view, 3> begin{"\033[31m", "\033[32m", "\033[33m"};
    return std::string{begin[static_cast<std::size_t>(c)]}.append(text).append("\033[0m");
}

} // namespace exportd
