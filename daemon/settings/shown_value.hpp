#pragma once

#include "log/config.hpp"
#include "settings/listen_address.hpp"
#include "settings/values.hpp"

#include <notes_export/compression.hpp>
#include <notes_export/config.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

/// Values as they are written in the configuration file: the other direction of values.hpp.
namespace exportd {

inline std::string shown(std::string const& text) {
    return text;
}
inline std::string shown(std::filesystem::path const& path) {
    return path.string();
}
inline std::string shown(bool value) {
    return value ? "true" : "false";
}
inline std::string shown(int value) {
    return std::to_string(value);
}
inline std::string shown(std::uint64_t bytes) {
    return to_size_text(bytes);
}
inline std::string shown(std::chrono::milliseconds value) {
    return to_text(value);
}
inline std::string shown(listen_address const& address) {
    return address.text();
}
std::string shown(unsigned file_mode);
std::string shown(notes_export::compressions all);
std::string shown(notes_export::validation_mode mode);
std::string shown(logging::level level);
std::string shown(logging::format format);

} // namespace exportd
