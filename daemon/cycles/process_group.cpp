#include "cycles/process_group.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace exportd {

namespace {

namespace fs = std::filesystem;

bool is_number(std::string_view name) {
    return !name.empty() && name.find_first_not_of("0123456789") == std::string_view::npos;
}

// "" when the process has gone meanwhile.
std::string stat_of(fs::path const& process) {
    int const fd = ::open((process / "stat").c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return "";
    std::array<char, 1024> text{};
    auto const n = ::read(fd, text.data(), text.size());
    ::close(fd);
    return {text.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
}

// "1234 (any name) S 1 GROUP ...": the name is the process's choice, and what follows it is not.
bool is_alive_in(pid_t group, std::string const& stat) {
    auto const name_end = stat.rfind(") ");
    if (name_end == std::string::npos || name_end + 5 > stat.size())
        return false;
    char const state = stat[name_end + 2];
    auto const rest = std::string_view{stat}.substr(name_end + 4);
    auto const number = rest.substr(std::min(rest.find(' ') + 1, rest.size()));
    pid_t found = 0;
    std::from_chars(number.data(), number.data() + number.size(), found);
    return found == group && state != 'Z' && state != 'X';
}

} // namespace

bool group_lives(pid_t group) {
    std::error_code unknown;
    for (fs::directory_iterator entry{"/proc", unknown}, end; !unknown && entry != end; entry.increment(unknown))
        if (is_number(entry->path().filename().native()) && is_alive_in(group, stat_of(entry->path())))
            return true;
    return static_cast<bool>(unknown);
}

} // namespace exportd
