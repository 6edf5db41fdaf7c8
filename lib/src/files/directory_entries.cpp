#include "files/directory_entries.hpp"

#include "files/file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <string_view>

namespace notes_export {

void for_each_entry(int directory, std::filesystem::path const& path, std::function<void(dirent const&)> const& look) {
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
            look(*entry);
        errno = 0;
    }
    if (errno != 0)
        throw file_error("list", path, errno);
}

} // namespace notes_export
