#include "status/painted.hpp"

namespace exportd {

namespace {

char const* begin_of(colour c) noexcept {
    switch (c) {
    case colour::red:
        return "\033[31m";
    case colour::green:
        return "\033[32m";
    case colour::yellow:
        break;
    }
    return "\033[33m";
}

} // namespace

std::string painted(std::string_view text, colour c) {
    return std::string{begin_of(c)}.append(text).append("\033[0m");
}

} // namespace exportd
