#include "command/terminal.hpp"

#include <cstdlib>
#include <string_view>
#include <unistd.h>

namespace exportd {

namespace {

std::string_view environment(char const* name) {
    char const* const value = std::getenv(name);
    return value == nullptr ? "" : value;
}

} // namespace

bool obeys_control_sequences(int fd) {
    auto const terminal = environment("TERM");
    return ::isatty(fd) == 1 && !terminal.empty() && terminal != "dumb";
}

bool shows_colours(int fd) {
    return obeys_control_sequences(fd) && environment("NO_COLOR").empty();
}

} // namespace exportd
