#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace exportd {

/// The whole content. Throws notes_export::file_error, EFBIG when it is larger than that.
std::string read_file(std::filesystem::path const& path, std::size_t max_size);

} // namespace exportd
