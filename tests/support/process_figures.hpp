#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/types.h>

namespace test {

/// Open descriptors of a process.
inline std::size_t descriptors(pid_t pid) {
    std::filesystem::directory_iterator const open{"/proc/" + std::to_string(pid) + "/fd"};
    return static_cast<std::size_t>(std::distance(begin(open), end(open)));
}

/// AddressSanitizer keeps freed memory for a while, ThreadSanitizer needs several times as much: a limit on resident
/// memory then says nothing.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) // GCC
inline constexpr bool frees_memory_at_once = false;
#elif defined(__has_feature)
inline constexpr bool frees_memory_at_once =
    !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer); // clang
#else
inline constexpr bool frees_memory_at_once = true;
#endif

/// A figure of /proc/PID/status, such as VmRSS; nullopt when the process has ended.
inline std::optional<std::size_t> status_figure(pid_t pid, std::string const& name) {
    std::ifstream status{"/proc/" + std::to_string(pid) + "/status"};
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(name + ':'))
            return std::stoul(line.substr(name.size() + 1));
    return std::nullopt;
}

/// Resident memory of a process, in kB.
inline std::size_t resident_kb(pid_t pid) {
    if (auto const kb = status_figure(pid, "VmRSS"))
        return *kb;
    throw std::runtime_error{"no VmRSS of process " + std::to_string(pid)};
}

/// The most that it was until now; nullopt when the process has ended.
inline std::optional<std::size_t> peak_resident_kb(pid_t pid) {
    return status_figure(pid, "VmHWM");
}

} // namespace test
