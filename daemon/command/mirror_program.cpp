#include "command/mirror_program.hpp"

#include "command/complaint.hpp"

#include <cerrno>
#include <string>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace exportd {

std::filesystem::path mirror_program() {
    auto const own = std::filesystem::read_symlink("/proc/self/exe");
    return (own.parent_path() / EXPORTD_MIRROR_PROGRAM).lexically_normal();
}

exit_code become_mirror(std::span<char const* const> arguments) {
    std::filesystem::path program;
    try {
        program = mirror_program();
    } catch (std::system_error const& e) {
        return complain(exit_code::software,
                        std::string{"where this program is installed cannot be found out: "} + e.what());
    }
    std::string name = "osm-notes-exportd";
    std::vector<std::string> words{arguments.begin(), arguments.end()};
    std::vector<char*> argv{name.data()};
    for (auto& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    ::execv(program.c_str(), argv.data());
    auto const why = std::generic_category().message(errno);
    return complain(exit_code::software, "mirrors are kept by " + program.string() + ", which cannot be started: " +
                                             why + ". It is part of this package; install it again");
}

} // namespace exportd
