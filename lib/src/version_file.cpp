#include "version_file.hpp"

#include "publish/file.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>

namespace notes_export {

std::optional<std::string> read_version_file(std::filesystem::path const& path) {
    file const f{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (!f && errno == ENOENT)
        return std::nullopt;
    if (!f)
        throw file_error("open", path, errno);
    auto text = read_all(f.fd(), path);
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
        text.pop_back();
    return text;
}

void write_version_file(std::filesystem::path const& path, std::string const& version) {
    auto const temporary = std::filesystem::path{path.string() + ".new"};
    file f{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644)};
    if (!f)
        throw file_error("create", temporary, errno);
    if (::fchmod(f.fd(), 0644) != 0)
        throw file_error("chmod", temporary, errno);
    write_all(f.fd(), version + '\n', temporary);
    fsync_or_throw(f.fd(), temporary);
    f.close(temporary.native());
    if (std::rename(temporary.c_str(), path.c_str()) != 0)
        throw file_error("rename " + temporary.string() + " to", path, errno);
    file const directory{::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory)
        throw file_error("open directory", path.parent_path(), errno);
    fsync_or_throw(directory.fd(), path.parent_path());
}

} // namespace notes_export
