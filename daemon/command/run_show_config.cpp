#include "command/commands.hpp"

#include "log/safe_text.hpp"
#include "settings/shown_settings.hpp"

#include <iostream>
#include <sstream>

namespace exportd {

namespace {

constexpr std::size_t longest_line = std::size_t{1024} * 1024; // of the file that it may come from

} // namespace

exit_code run_show_config(command_line const&, loaded_settings const& loaded) {
    std::cout << "# effective settings: "
              << (loaded.file ? logging::printable(loaded.file->string()) : "defaults, no file") << '\n';
    std::istringstream lines{shown_settings(loaded.value)};
    for (std::string line; std::getline(lines, line);)
        std::cout << logging::printable(line, longest_line) << '\n';
    std::cout << std::flush;
    return exit_code::success;
}

} // namespace exportd
