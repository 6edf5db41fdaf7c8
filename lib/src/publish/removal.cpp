#include "publish/removal.hpp"

#include "publish/directory_entries.hpp"
#include "publish/file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace notes_export {

namespace {

void remove_entry(int directory, char const* name, std::filesystem::path const& path) {
    if (::unlinkat(directory, name, 0) == 0 || errno == ENOENT)
        return;
    if (errno != EISDIR)
        throw file_error("remove", path, errno);
    file const inside{::openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!inside)
        throw file_error("open directory", path, errno);
    remove_contents(inside.fd(), path);
    if (::unlinkat(directory, name, AT_REMOVEDIR) != 0)
        throw file_error("remove", path, errno);
}

} // namespace

void remove_contents(int directory, std::filesystem::path const& path) {
    for_each_entry(directory, path,
                   [&](dirent const& entry) { remove_entry(directory, entry.d_name, path / entry.d_name); });
}

} // namespace notes_export
