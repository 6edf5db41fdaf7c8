#include "publish/private_directory.hpp"

#include "files/directory_entries.hpp"
#include "files/remove_contents.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace notes_export {

namespace {

constexpr std::string_view for_all_who_get_there = "publishing";
constexpr unsigned passable = 0710;
constexpr unsigned mode_for_mirrors = 02770;

void require_private(int fd, std::filesystem::path const& path, bool outermost) {
    struct stat info {};
    if (::fstat(fd, &info) != 0)
        throw file_error("stat", path, errno);
    bool const is_directory = S_ISDIR(info.st_mode);
    bool const ours = info.st_uid == ::geteuid() && (is_directory || (S_ISREG(info.st_mode) && info.st_nlink == 1));
    auto const rights = info.st_mode & 0777;
    if (!ours || (rights & 0077) == 0 || (outermost && rights == passable))
        return;
    if (::fchmod(fd, (info.st_mode & 07000) | (is_directory ? 0700 : 0600)) != 0)
        throw file_error("chmod", path, errno);
}

} // namespace

void make_private(tree const& t) {
    auto const path = t.full(tree::private_directory);
    auto const directory = t.open_directory(tree::private_directory);
    require_private(directory.fd(), path, true);
    for_each_entry(directory.fd(), path, [&](dirent const& entry) {
        if (entry.d_name == for_all_who_get_there || is_for_group(entry.d_name))
            return;
        // What cannot be opened so is a link, or no file; what is wrong with it shows where it is used.
        file const f{::openat(directory.fd(), entry.d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
        if (f)
            require_private(f.fd(), path / entry.d_name, false);
    });
}

void make_place_for_mirrors(tree const& t) {
    auto const directory = t.open_directory(tree::private_directory);
    if (::mkdirat(directory.fd(), "mirrors", 0700) != 0)
        return;
    file const made{::openat(directory.fd(), "mirrors", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    [[maybe_unused]] bool const set = made && ::fchmod(made.fd(), mode_for_mirrors) == 0;
}

void make_way(tree const& t, std::string_view path) {
    if (!t.is_directory(path))
        return;
    remove_contents(t.open_directory(path).fd(), t.full(path));
    auto const parent = t.open_directory(parent_of(path));
    if (::unlinkat(parent.fd(), std::string{name_of(path)}.c_str(), AT_REMOVEDIR) != 0)
        throw file_error("remove", t.full(path), errno);
}

} // namespace notes_export
