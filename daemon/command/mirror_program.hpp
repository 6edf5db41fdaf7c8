#pragma once

#include "exit_codes.hpp"

#include <filesystem>
#include <span>

namespace exportd {

/// Mirrors are a program of their own: what they need to talk to other hosts would double the time that every other
/// command takes to start, and a quarter of the daemon's memory. It lies where this program was installed with it.
/// Throws std::system_error.
std::filesystem::path mirror_program();

/// Becomes that program, with these arguments. Returns only when it cannot, which it says on stderr.
exit_code become_mirror(std::span<char const* const> arguments);

} // namespace exportd
