#include "files/nameless_file.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

namespace notes_export {

file nameless_file(std::filesystem::path const& directory) {
    file nameless{::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
    if (nameless)
        return nameless;
    if (errno != EOPNOTSUPP && errno != EISDIR)
        throw file_error("create a file in", directory, errno);
    auto name = (directory / "osm-notes-exportd-XXXXXX").string(); // a file system without O_TMPFILE
    file named{::mkostemp(name.data(), O_CLOEXEC)};
    if (!named)
        throw file_error("create", name, errno);
    if (::unlink(name.c_str()) != 0)
        throw file_error("remove", name, errno);
    return named;
}

} // namespace notes_export
