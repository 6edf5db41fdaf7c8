#include "publish/version_file.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace notes_export {

namespace {

constexpr std::size_t longest = 4096; // more is no version, but enough to show what it is

std::optional<std::string> read_outside(std::filesystem::path const& path) {
    file const f{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (!f && errno == ENOENT)
        return std::nullopt;
    if (!f)
        throw file_error("open", path, errno);
    std::string text(longest, '\0');
    text.resize(read_up_to(f.fd(), text, path));
    return text;
}

void write_outside(std::filesystem::path const& path, std::string const& text) {
    auto const temporary = std::filesystem::path{path.string() + ".new"};
    if (::unlink(temporary.c_str()) != 0 && errno != ENOENT)
        throw file_error("remove", temporary, errno);
    file f{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644)};
    if (!f)
        throw file_error("create", temporary, errno);
    if (::fchmod(f.fd(), 0644) != 0)
        throw file_error("chmod", temporary, errno);
    write_all(f.fd(), text, temporary);
    fsync_or_throw(f.fd(), temporary);
    f.close(temporary.native());
    if (std::rename(temporary.c_str(), path.c_str()) != 0)
        throw file_error("rename " + temporary.string() + " to", path, errno);
    file const directory{::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory)
        throw file_error("open directory", path.parent_path(), errno);
    fsync_or_throw(directory.fd(), path.parent_path());
}

} // namespace

std::optional<std::string> version_file::read() const {
    auto text = m_path.is_absolute() ? read_outside(m_path) : m_tree->read(m_path.native(), longest);
    while (text && !text->empty() && (text->back() == '\n' || text->back() == '\r' || text->back() == ' '))
        text->pop_back();
    return text;
}

void version_file::write(std::string const& version) const {
    if (m_path.is_absolute())
        return write_outside(m_path, version + '\n');
    std::vector<staged_file> files{m_staging->write(version + '\n', m_path.native())};
    m_staging->make_durable(files);
    publisher{*m_tree, *m_staging}.publish(std::move(files));
}

} // namespace notes_export
