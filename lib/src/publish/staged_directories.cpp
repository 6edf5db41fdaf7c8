#include "publish/staged_directories.hpp"

#include "files/remove_contents.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace notes_export {

staged_directories::staged_directories(staging& s) : m_staging{&s}, m_name{s.next_name()} {
    if (::mkdirat(s.fd(), m_name.c_str(), 0700) != 0)
        throw file_error("make directory", s.full(m_name), errno);
    m_directory = file{::openat(s.fd(), m_name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)};
    if (!m_directory)
        throw file_error("open directory", s.full(m_name), errno);
    m_mode = has_default_access_list(m_directory.fd(), s.full(m_name)) ? 0777 : 0755;
}

staged_file staged_directories::write(std::string_view bytes, std::string target) const {
    auto const name = staged(target);
    auto const path = m_staging->full(name);
    auto f = create(target);
    require_mode(f.fd(), 0644, path);
    write_all(f.fd(), bytes, path);
    f.close(path.native());
    auto digest = m_staging->digest_of(bytes, target);
    return {name, std::move(target), bytes.size(), digest};
}

// Nobody else writes here, so paths need no care, and no directory has to be opened for the next.
file staged_directories::create(std::string const& path) const {
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    file f{::openat(m_directory.fd(), path.c_str(), flags, 0644)};
    if (!f && errno == ENOENT) {
        make_directory(std::string{parent_of(path)});
        f = file{::openat(m_directory.fd(), path.c_str(), flags, 0644)};
    }
    if (!f)
        throw file_error("create", m_staging->full(staged(path)), errno);
    return f;
}

void staged_directories::make_directory(std::string const& path) const {
    if (::mkdirat(m_directory.fd(), path.c_str(), m_mode) != 0) {
        if (errno == EEXIST) // by another thread
            return;
        if (errno != ENOENT || path.empty())
            throw file_error("make directory", m_staging->full(staged(path)), errno);
        make_directory(std::string{parent_of(path)});
        return make_directory(path);
    }
    struct stat info {};
    if (::fstatat(m_directory.fd(), path.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
        throw file_error("stat", m_staging->full(staged(path)), errno);
    if ((info.st_mode & 0755) != 0755 &&
        ::fchmodat(m_directory.fd(), path.c_str(), (info.st_mode & 07777) | 0755, 0) != 0)
        throw file_error("chmod", m_staging->full(staged(path)), errno);
}

void staged_directories::remove() const {
    remove_contents(m_directory.fd(), m_staging->full(m_name));
    if (::unlinkat(m_staging->fd(), m_name.c_str(), AT_REMOVEDIR) != 0)
        throw file_error("remove", m_staging->full(m_name), errno);
}

} // namespace notes_export
