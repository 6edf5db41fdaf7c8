#include "command/commands.hpp"

#include <notes_export/changes.hpp>
#include <notes_export/error.hpp>

#include <iostream>

namespace exportd {

namespace {

void print(std::vector<std::string> const& paths, std::string_view what, bool null) {
    for (auto const& path : paths)
        if (null)
            std::cout << path << '\0';
        else
            std::cout << what << ' ' << path << '\n';
}

} // namespace

exit_code run_changes(command_line const& line, loaded_settings const& loaded) {
    try {
        auto const found = notes_export::changes_since(loaded.value.output.directory, line.since);
        print(found.changed, "changed", line.null);
        print(found.removed, "removed", line.null);
    } catch (notes_export::request_refused const& e) {
        std::cerr << "osm-notes-exportd: changes: " << e.what() << '\n';
        return exit_code::not_listed;
    }
    std::cout << std::flush;
    return exit_code::success;
}

} // namespace exportd
