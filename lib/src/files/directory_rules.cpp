#include "files/directory_rules.hpp"

#include "notes_export/error.hpp"

#include <cerrno>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

namespace notes_export {

namespace {

constexpr char const* default_access_list = "system.posix_acl_default";

struct stat look(int fd, std::filesystem::path const& path) {
    struct stat info {};
    if (::fstat(fd, &info) != 0)
        throw file_error("stat", path, errno);
    return info;
}

// A file system that does not know of projects has none; what else may be wrong with it shows when it is written to.
std::optional<std::uint32_t> project_of(int directory) {
    fsxattr attributes{};
    if (::ioctl(directory, FS_IOC_FSGETXATTR, &attributes) != 0 || (attributes.fsx_xflags & FS_XFLAG_PROJINHERIT) == 0)
        return std::nullopt;
    return attributes.fsx_projid;
}

/// The size, when there is no room for it.
std::size_t read_access_list(int directory, std::filesystem::path const& path, std::string& list) {
    auto const n = ::fgetxattr(directory, default_access_list, list.data(), list.size());
    if (n >= 0)
        return static_cast<std::size_t>(n);
    if (errno != ENODATA && errno != EOPNOTSUPP && errno != ENOSYS && errno != EPERM)
        throw file_error("read the default access list of", path, errno);
    return 0;
}

} // namespace

rename_domain rename_domain::of(int directory, std::filesystem::path const& path) {
    return {look(directory, path).st_dev, project_of(directory)};
}

void require_rename(rename_domain const& from, rename_domain const& into, std::filesystem::path const& path) {
    if (into.takes_from(from))
        return;
    char const* const why =
        into.device != from.device
            ? "rename into (a file system of its own, such as a btrfs subvolume or an overlay; files can be renamed "
              "within one only: make it an ordinary directory with the same content)"
            : "rename into (its project quota takes no files of another project: give the whole tree one project, as "
              "by chattr -R -p N +P, or take the flag away, as by chattr -P)";
    throw file_error(why, path, EXDEV);
}

directory_rules directory_rules::of(int directory, std::filesystem::path const& path) {
    auto const info = look(directory, path);
    directory_rules rules{{info.st_dev, project_of(directory)}, std::nullopt, {}};
    if ((info.st_mode & S_ISGID) != 0)
        rules.group = info.st_gid;
    rules.access_list.resize(read_access_list(directory, path, rules.access_list));
    rules.access_list.resize(rules.access_list.empty() ? 0 : read_access_list(directory, path, rules.access_list));
    return rules;
}

bool has_default_access_list(int directory, std::filesystem::path const& path) {
    std::string none;
    return read_access_list(directory, path, none) > 0;
}

} // namespace notes_export
