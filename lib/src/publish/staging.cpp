#include "publish/staging.hpp"

#include "publish/directory_entries.hpp"
#include "publish/removal.hpp"
#include "publish/sync_together.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace notes_export {

namespace {

constexpr std::string_view staging_path = ".exportd/staging";
constexpr std::size_t buffer_size = 256 * 1024;
// One syncfs(2) costs as much as some hundred fsync(2), and flushes what others wrote as well.
constexpr std::size_t sync_one_by_one = 200;

void list_files(file const& directory, std::filesystem::path const& path, std::string const& prefix,
                std::vector<std::string>& found) {
    for_each_entry(directory.fd(), path, [&](dirent const& entry) {
        std::string const name{entry.d_name};
        struct stat info {};
        if (::fstatat(directory.fd(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
            throw file_error("stat", path / name, errno);
        file const inner{S_ISDIR(info.st_mode)
                             ? ::openat(directory.fd(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
                             : -1};
        if (inner)
            list_files(inner, path / name, prefix + name + '/', found);
        else if (S_ISREG(info.st_mode))
            found.push_back(prefix + name);
    });
}

} // namespace

staging::staging(tree const& t) : m_path{t.full(staging_path)} {
    std::vector<std::string> changed;
    m_directory = t.make_directory(staging_path, changed);
}

file staging::create(std::string const& name) const {
    file f{::openat(m_directory.fd(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644)};
    if (!f)
        throw file_error("create", full(name), errno);
    require_mode(f.fd(), 0644, full(name));
    return f;
}

staged_file staging::write(std::string_view bytes, std::string target) {
    auto name = next_name();
    auto f = create(name);
    write_all(f.fd(), bytes, full(name));
    f.close(full(name).native());
    return {std::move(name), std::move(target), bytes.size()};
}

staging::writer::writer(staging& s) : m_staging{&s}, m_name{s.next_name()}, m_file{s.create(m_name)} {
    m_buffer.reserve(buffer_size);
}

void staging::writer::append(std::string_view bytes) {
    m_buffer += bytes;
    if (m_buffer.size() < buffer_size)
        return;
    write_all(m_file.fd(), m_buffer, m_staging->full(m_name));
    m_size += m_buffer.size();
    m_buffer.clear();
}

staged_file staging::writer::finish(std::string target) {
    write_all(m_file.fd(), m_buffer, m_staging->full(m_name));
    m_size += m_buffer.size();
    m_file.close(m_staging->full(m_name).native());
    return {m_name, std::move(target), m_size};
}

file staging::open(staged_file const& f) const {
    file opened{::openat(m_directory.fd(), f.name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    if (!opened)
        throw file_error("open", full(f.name), errno);
    return opened;
}

void staging::discard(staged_file const& f) const {
    if (::unlinkat(m_directory.fd(), f.name.c_str(), 0) != 0 && errno != ENOENT)
        throw file_error("remove", full(f.name), errno);
}

std::vector<std::string> staging::names() const {
    std::vector<std::string> found;
    list_files(m_directory, m_path, "", found);
    return found;
}

void staging::clear() const {
    remove_contents(m_directory.fd(), m_path);
}

bool staging::in_place(tree const& t) const {
    return t.names(staging_path, m_directory.fd());
}

void staging::sync_all() const {
    if (::syncfs(m_directory.fd()) != 0)
        throw file_error("syncfs", m_path, errno);
}

void staging::make_durable(std::vector<staged_file> const& files) const {
    if (files.size() > sync_one_by_one)
        return sync_all();
    std::vector<file> opened;
    for (auto const& f : files) {
        opened.push_back(open(f));
        // Start all writes before waiting for the first: one journal commit then serves most of them.
        ::sync_file_range(opened.back().fd(), 0, 0, SYNC_FILE_RANGE_WRITE);
    }
    sync_together(opened, [&](std::size_t i) { return full(files[i].name); });
}

} // namespace notes_export
