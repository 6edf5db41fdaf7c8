#pragma once

#include <filesystem>
#include <string>

namespace notes_export {

/// Is the path that of a file or of a directory? by_name: a file has an extension.
enum class place { by_name, file };

/**
 * What an operator can do about an operation on a file that failed with this errno: one clause, such as
 * "/srv/json/users belongs to root, and this process runs as exporter: chown -R exporter: /srv/json/users".
 *
 * An owner is only changed below a directory of this process's user. Elsewhere it needs a directory of its own, and the
 * clause has the command that makes it.
 *
 * Gives   "" when the error says all there is to say.
 * Reads   owners and modes of the path and of what is above it, as they are now.
 * Throws  nothing. Thread: any.
 */
std::string remedy(int error, std::filesystem::path const& path, place what = place::by_name) noexcept;

/// The same in parentheses, with a blank before them, for the end of a message; "" when there is none.
std::string remedy_remark(int error, std::filesystem::path const& path, place what = place::by_name) noexcept;

} // namespace notes_export
