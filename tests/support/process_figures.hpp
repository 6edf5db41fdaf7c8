#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <sys/types.h>

namespace test {

/// Open descriptors of a process.
inline std::size_t descriptors(pid_t pid) {
    std::filesystem::directory_iterator const open{"/proc/" + std::to_string(pid) + "/fd"};
    return static_cast<std::size_t>(std::distance(begin(open), end(open)));
}

/// AddressSanitizer keeps freed memory for a while: a limit on resident memory then says nothing.
#ifdef __SANITIZE_ADDRESS__
inline constexpr bool frees_memory_at_once = false;
#else
inline constexpr bool frees_memory_at_once = true;
#endif

/// Resident memory of a process, in kB.
inline std::size_t resident_kb(pid_t pid) {
    std::ifstream status{"/proc/" + std::to_string(pid) + "/status"};
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmRSS:"))
            return std::stoul(line.substr(6));
    throw std::runtime_error{"no VmRSS of process " + std::to_string(pid)};
}

} // namespace test
