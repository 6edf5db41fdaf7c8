#include "command/commands.hpp"

#include "log/safe_text.hpp"
#include "settings/export_settings.hpp"

#include <notes_export/check.hpp>

#include <iostream>

namespace exportd {

namespace {

using logging::printable; // names and file contents of others are among what is shown

} // namespace

exit_code run_check_config(command_line const&, loaded_settings const& loaded) {
    auto const problems = notes_export::mistakes_in(to_export_config(loaded.value));
    for (auto const& text : problems)
        std::cerr << printable(text) << '\n';
    if (!problems.empty())
        return exit_code::configuration;
    std::cout << "configuration is valid" << (loaded.file ? ": " + loaded.file->string() : " (defaults, no file)")
              << '\n'
              << std::flush;
    return exit_code::success;
}

} // namespace exportd
