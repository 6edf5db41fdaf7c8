#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>

namespace notes_export {

/// Between which directories a file can be renamed: a btrfs subvolume is a device of its own, and a directory with a
/// project quota takes only what is of its project.
struct rename_domain {
    dev_t device = 0;
    std::optional<std::uint32_t> project; ///< of what is made in it; none: it does not say

    static rename_domain of(int directory, std::filesystem::path const& path);
    bool takes_from(rename_domain const& other) const noexcept {
        return device == other.device && (!project || *project == other.project.value_or(0));
    }
};

/// Throws file_error with EXDEV, and what to do, when `into` takes nothing from `from`.
void require_rename(rename_domain const& from, rename_domain const& into, std::filesystem::path const& path);

/// What a directory hands on to what is made in it.
struct directory_rules {
    rename_domain domain;
    std::optional<gid_t> group; ///< when it is setgid
    std::string access_list;    ///< its default ACL, as the system stores it

    static directory_rules of(int directory, std::filesystem::path const& path);
    bool hand_on_as(directory_rules const& other) const {
        return group == other.group && access_list == other.access_list && domain.takes_from(other.domain) &&
               other.domain.takes_from(domain);
    }
};

/// Has the directory a default ACL? Then that says what may be done with what is made in it, and no umask.
bool has_default_access_list(int directory, std::filesystem::path const& path);

} // namespace notes_export
