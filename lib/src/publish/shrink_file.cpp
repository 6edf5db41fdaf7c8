#include "publish/shrink_file.hpp"

#include "notes_export/error.hpp"

#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace notes_export::shrink_file {

namespace {

constexpr std::string_view new_path = ".exportd/allow_shrink.new";
constexpr std::size_t longest_number = 64;

file create(tree const& t, file const& directory) {
    auto const full = t.full(new_path);
    std::string const name{name_of(new_path)};
    if (::unlinkat(directory.fd(), name.c_str(), 0) != 0 && errno != ENOENT)
        throw file_error("remove", full, errno);
    file f{::openat(directory.fd(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!f)
        throw file_error("create", full, errno);
    struct stat info {};
    if (::fstat(directory.fd(), &info) != 0)
        throw file_error("stat", t.full(tree::private_directory), errno);
    if (info.st_uid != ::geteuid() && ::fchown(f.fd(), info.st_uid, info.st_gid) != 0)
        throw file_error("chown", full, errno);
    return f;
}

} // namespace

void write(tree const& t, std::int64_t when) {
    auto const directory = t.open_directory(tree::private_directory);
    auto f = create(t, directory);
    write_all(f.fd(), std::to_string(when) + '\n', t.full(new_path));
    if (::fsync(f.fd()) != 0)
        throw file_error("fsync", t.full(new_path), errno);
    f.close(t.full(new_path).native());
    if (::renameat(directory.fd(), std::string{name_of(new_path)}.c_str(), directory.fd(),
                   std::string{name_of(path)}.c_str()) != 0)
        throw file_error("rename " + std::string{name_of(new_path)} + " to", t.full(path), errno);
    if (::fsync(directory.fd()) != 0)
        throw file_error("fsync", t.full(tree::private_directory), errno);
}

std::int64_t read(tree const& t) {
    auto const text = t.read(path, longest_number).value_or("");
    std::int64_t when = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), when);
    bool const whole =
        ec == std::errc{} && std::string_view{end, static_cast<std::size_t>(text.data() + text.size() - end)} == "\n";
    return whole && when > 0 ? when : 0;
}

} // namespace notes_export::shrink_file
