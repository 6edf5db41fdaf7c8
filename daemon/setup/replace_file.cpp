#include "setup/replace_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace exportd {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(std::string const& what, fs::path const& path) {
    throw std::system_error{errno, std::generic_category(), what + ' ' + path.string()};
}

class new_file {
public:
    explicit new_file(fs::path path) : m_path{std::move(path)} {
        ::unlink(m_path.c_str()); // of a setup that was killed
        m_fd = ::open(m_path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (m_fd < 0)
            fail("make", m_path);
    }
    ~new_file() {
        ::close(m_fd);
        if (!m_in_place)
            ::unlink(m_path.c_str());
    }
    new_file(new_file const&) = delete;
    new_file& operator=(new_file const&) = delete;

    void write(std::string_view text) {
        while (!text.empty()) {
            auto const sent = ::write(m_fd, text.data(), text.size());
            if (sent < 0 && errno != EINTR)
                fail("write", m_path);
            text.remove_prefix(sent < 0 ? 0 : static_cast<std::size_t>(sent));
        }
    }
    void be_like(struct stat const& old) {
        if (::fchown(m_fd, old.st_uid, old.st_gid) != 0 || ::fchmod(m_fd, old.st_mode & 07777) != 0)
            fail("set owner and mode of", m_path);
    }
    void take_the_place_of(fs::path const& path) {
        if (::fsync(m_fd) != 0 || ::rename(m_path.c_str(), path.c_str()) != 0)
            fail("replace", path);
        m_in_place = true;
    }

private:
    fs::path m_path;
    int m_fd = -1;
    bool m_in_place = false;
};

void keep(fs::path const& path) {
    auto const backup = path.string() + ".bak";
    if (::unlink(backup.c_str()) != 0 && errno != ENOENT)
        fail("remove", backup);
    if (::link(path.c_str(), backup.c_str()) != 0)
        fail("keep the old file as", backup);
}

} // namespace

void replace_file(fs::path const& given, std::string const& text, old_file what_becomes_of_it) {
    std::error_code none;
    auto const path = fs::is_symlink(given, none) ? fs::canonical(given) : given;
    fs::create_directories(path.parent_path());
    struct stat old {};
    bool const there = ::stat(path.c_str(), &old) == 0;
    if (!there) {
        old.st_mode = 0644;
        old.st_uid = ::geteuid();
        old.st_gid = ::getegid();
    }
    new_file made{path.string() + ".new"};
    made.write(text);
    made.be_like(old);
    if (there && what_becomes_of_it == old_file::kept)
        keep(path);
    made.take_the_place_of(path);
}

} // namespace exportd
