#pragma once

#include <filesystem>
#include <string>

namespace exportd {

/// Puts a file with this text in the place of another one, at once and for good: who reads sees the old one or the new
/// one. Mode and owner stay; a new file has 0644. With `backup`, the old one is kept beside it as ".bak"; there is none
/// when there was no file. Makes missing directories. Throws std::system_error.
enum class old_file { forgotten, kept };
void replace_file(std::filesystem::path const& path, std::string const& text, old_file what_becomes_of_it);

} // namespace exportd
