#include "publish/removal.hpp"

#include "publish/file.hpp"

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
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
    file own{::fcntl(directory, F_DUPFD_CLOEXEC, 0)};
    std::unique_ptr<DIR, int (*)(DIR*)> const entries{own ? ::fdopendir(own.fd()) : nullptr, ::closedir};
    if (!entries)
        throw file_error("list", path, errno);
    own.release(); // closed with the stream
    ::rewinddir(entries.get());
    errno = 0;
    while (dirent const* const entry = ::readdir(entries.get())) {
        std::string_view const name{entry->d_name};
        if (name != "." && name != "..")
            remove_entry(directory, entry->d_name, path / name);
        errno = 0;
    }
    if (errno != 0)
        throw file_error("list", path, errno);
}

} // namespace notes_export
