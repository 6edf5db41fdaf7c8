#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>

namespace exportd {

/// A user of this system that files belong to.
struct file_owner {
    uid_t uid = 0;
    gid_t gid = 0;
    std::string name; ///< "#1000" for one without a name
    std::string home; ///< "" for one without a name

    bool is_root() const noexcept { return uid == 0; }
    bool is_caller() const noexcept; ///< by the effective user of this process
};

/// The name of the service's user, which is also that of its role in the database.
inline constexpr char const* service_user_name = "osm_notes_exporter";

/// And of the user that mirrors run as.
inline constexpr char const* mirror_user_name = "osm_notes_mirror";

/// nullopt: this system has no user of that name.
std::optional<file_owner> user_named(std::string const& name);

/// nullopt: there is nothing at this path, or it cannot be looked at. Follows symbolic links.
std::optional<file_owner> owner_of(std::filesystem::path const& path);

/// Of the user and group of this process.
file_owner caller();

/// Gives the rights of root up for good: groups, group, user, HOME, USER and LOGNAME are that user's.
/// Throws std::system_error. Thread: before there is another one.
void become(file_owner const& user);

} // namespace exportd
