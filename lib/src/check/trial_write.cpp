#include "check/trial_write.hpp"

#include "files/file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace notes_export {

namespace {

constexpr std::size_t block = 4096; ///< large enough to need room of its own

bool knows_no_unnamed_files(int error) {
    return error == EOPNOTSUPP || error == EISDIR || error == ENOENT || error == EINVAL;
}

} // namespace

void try_to_write(int directory, std::filesystem::path const& path) {
    file const f{::openat(directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600)};
    if (f)
        return write_all(f.fd(), std::string(block, 'x'), path);
    if (!knows_no_unnamed_files(errno))
        throw file_error("write to", path, errno);
    if (::faccessat(directory, ".", W_OK | X_OK, AT_EACCESS) != 0)
        throw file_error("write to", path, errno);
}

} // namespace notes_export
