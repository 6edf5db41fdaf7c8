#pragma once

#include <notes_export/config.hpp>

#include <filesystem>

namespace exportd {

/**
 * The password that a file holds, as its only line; read anew each time it is asked for. No path: nothing to ask.
 *
 * libpq has password files of its own, but takes none that its group may read, as systemd's credentials are.
 *
 * Asking throws std::exception with the path, and errno's text: no such file, more than one line, open to everybody.
 * Thread: any.
 */
notes_export::password_source password_of(std::filesystem::path const& file);

} // namespace exportd
