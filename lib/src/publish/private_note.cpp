#include "publish/private_note.hpp"

#include "notes_export/error.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace notes_export {

namespace {

file create(tree const& t, file const& directory, std::string const& path) {
    auto const full = t.full(path);
    std::string const name{name_of(path)};
    if (::unlinkat(directory.fd(), name.c_str(), 0) != 0 && errno != ENOENT)
        throw file_error("remove", full, errno);
    file f{::openat(directory.fd(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!f)
        throw file_error("create", full, errno);
    struct stat info {};
    if (::fstat(directory.fd(), &info) != 0)
        throw file_error("stat", t.full(parent_of(path)), errno);
    if (info.st_uid != ::geteuid() && ::fchown(f.fd(), info.st_uid, info.st_gid) != 0)
        throw file_error("chown", full, errno);
    return f;
}

} // namespace

void replace_private_note(tree const& t, std::string_view path, std::string const& text, note_safety safety) {
    auto const directory = t.open_directory(parent_of(path));
    auto const staged = std::string{path} + ".new";
    auto f = create(t, directory, staged);
    write_all(f.fd(), text, t.full(staged));
    if (safety == note_safety::on_disk)
        fsync_or_throw(f.fd(), t.full(staged));
    f.close(t.full(staged).native());
    if (::renameat(directory.fd(), std::string{name_of(staged)}.c_str(), directory.fd(),
                   std::string{name_of(path)}.c_str()) != 0)
        throw file_error("rename " + std::string{name_of(staged)} + " to", t.full(path), errno);
    if (safety == note_safety::on_disk)
        fsync_or_throw(directory.fd(), t.full(parent_of(path)));
}

} // namespace notes_export
