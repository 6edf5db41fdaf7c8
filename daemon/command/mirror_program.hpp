#pragma once

#include "exit_codes.hpp"

#include <filesystem>
#include <span>

namespace exportd {

/// Mirrors are a program of their own, so that what talks to other hosts is loaded by nothing else, least of all by who
/// has a session of the database. It lies where this program was installed with it.
/// Throws std::system_error.
std::filesystem::path mirror_program();

/// Becomes that program, with these arguments. Returns only when it cannot, which it says on stderr.
exit_code become_mirror(std::span<char const* const> arguments);

} // namespace exportd
