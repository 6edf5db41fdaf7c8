#include "command/commands.hpp"
#include "settings/export_settings.hpp"

#include <notes_export/allow_shrink.hpp>
#include <notes_export/utc_text.hpp>

#include <iostream>

namespace exportd {

exit_code run_allow_shrink(command_line const&, loaded_settings const& loaded) {
    auto const& directory = loaded.value.output.directory;
    auto const until = notes_export::allow_shrink(directory);
    std::cout
        << "The next cycle that needs it may remove more from " << directory.string()
        << " than the shrink guard lets pass: one cycle, until " << notes_export::utc_text(until)
        << ".\nTo begin it now: systemctl reload osm-notes-exportd (a full export), or once --full while no daemon"
           " runs.\n"
        << std::flush;
    return exit_code::success;
}

} // namespace exportd
