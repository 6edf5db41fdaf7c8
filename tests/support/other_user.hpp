#pragma once

#include "system_user.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <unistd.h>

namespace test {

/// Somebody who is neither root nor the owner of anything; nullopt: only root can become him.
inline std::optional<exportd::file_owner> other_user() {
    auto const nobody = exportd::user_named("nobody");
    return ::geteuid() == 0 && nobody && !nobody->is_root() ? nobody : std::nullopt;
}

inline void give(std::filesystem::path const& path, exportd::file_owner const& user) {
    if (::chown(path.c_str(), user.uid, user.gid) != 0)
        throw std::system_error{errno, std::generic_category(), "chown " + path.string()};
}

/// The tests' directories are private; this one, and what it is in, can be entered by everybody.
inline void open_for_all(std::filesystem::path const& directory) {
    std::filesystem::permissions(directory, std::filesystem::perms{0755});
}

/// A copy in that directory which everybody may read: the sources and what was built of them may be in root's home.
inline std::filesystem::path readable_copy(std::filesystem::path const& original,
                                           std::filesystem::path const& directory) {
    namespace fs = std::filesystem;
    auto const copy = directory / original.filename();
    auto const open = [](fs::path const& path) {
        bool const enters = fs::is_directory(path) || ::access(path.c_str(), X_OK) == 0;
        fs::permissions(path, fs::perms{enters ? 0755U : 0644U});
    };
    fs::copy(original, copy, fs::copy_options::recursive);
    open(copy);
    if (fs::is_directory(copy))
        for (auto const& entry : fs::recursive_directory_iterator{copy})
            open(entry.path());
    return copy;
}

} // namespace test
