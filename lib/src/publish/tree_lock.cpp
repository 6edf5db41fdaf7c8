#include "publish/tree_lock.hpp"

#include "notes_export/error.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <fcntl.h>
#include <mutex>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace notes_export {

namespace {

constexpr std::string_view lock_path = ".exportd/lock";
constexpr std::string_view publishing_path = ".exportd/publishing";
constexpr std::chrono::milliseconds retry{20};

// Something else planted in its place must neither block us (a FIFO) nor be written through (a second name of another
// file). Readers lock it shared, whatever our umask is.
void require_plain(file const& f, std::filesystem::path const& path) {
    struct stat info {};
    if (::fstat(f.fd(), &info) != 0)
        throw file_error("stat", path, errno);
    if (!S_ISREG(info.st_mode) || info.st_nlink > 1)
        throw file_error("lock (not a plain file with one name)", path, S_ISREG(info.st_mode) ? EMLINK : EINVAL);
    if ((info.st_mode & 0444) != 0444 && info.st_uid == ::geteuid() && ::fchmod(f.fd(), 0644) != 0)
        throw file_error("chmod", path, errno);
}

file open_lock(tree const& t, std::string_view path, int flags) {
    auto const directory = t.try_open_directory(parent_of(path));
    if (!directory)
        return {};
    file f{::openat(directory.fd(), std::string{name_of(path)}.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                    0644)};
    if (!f && errno != ENOENT)
        throw file_error("open", t.full(path), errno);
    if (f)
        require_plain(f, t.full(path));
    return f;
}

file make_lock(tree const& t, std::string_view path) {
    auto f = open_lock(t, path, O_RDWR | O_CREAT);
    if (!f)
        throw file_error("create", t.full(path), ENOENT);
    return f;
}

bool try_lock(file const& f, int operation, std::filesystem::path const& path) {
    if (::flock(f.fd(), operation | LOCK_NB) == 0)
        return true;
    if (errno != EWOULDBLOCK && errno != EINTR)
        throw file_error("lock", path, errno);
    return false;
}

std::string holder_text(file const& f, std::filesystem::path const& path) {
    auto text = read_all(f.fd(), path);
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    return text.empty() ? "an unnamed process" : text;
}

std::string own_name() {
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    return "process " + std::to_string(::getpid()) + " on " + host.data() + "\n";
}

// false when the lock could not be had in time.
bool wait_for_lock(file const& f, int operation, std::filesystem::path const& path, std::chrono::milliseconds patience,
                   std::stop_token const& stop) {
    auto const deadline = std::chrono::steady_clock::now() + patience;
    std::mutex unused;
    std::unique_lock waiting{unused};
    std::condition_variable_any timer;
    while (!try_lock(f, operation, path)) {
        if (stop.stop_requested())
            throw cancelled{};
        if (std::chrono::steady_clock::now() > deadline)
            return false;
        timer.wait_for(waiting, stop, retry, [] { return false; });
    }
    return true;
}

} // namespace

tree_lock::tree_lock(tree const& t) : m_file{make_lock(t, lock_path)} {
    auto const path = t.full(lock_path);
    // A little patience: holder() holds the lock for a moment.
    if (!wait_for_lock(m_file, LOCK_EX, path, std::chrono::milliseconds{200}, {}))
        throw lock_held{t.root().string() + " is in use by " + holder_text(m_file, path)};
    m_left_untidy = !read_all(m_file.fd(), path).empty();
    auto const name = own_name();
    // Never empty in between, which would tell the next holder that all is well.
    if (::lseek(m_file.fd(), 0, SEEK_SET) != 0)
        throw file_error("seek in", path, errno);
    write_all(m_file.fd(), name, path);
    if (::ftruncate(m_file.fd(), static_cast<off_t>(name.size())) != 0)
        throw file_error("truncate", path, errno);
}

// When this fails, the next holder does work that was not needed.
void tree_lock::sign_off() const noexcept {
    [[maybe_unused]] int const kept_name = ::ftruncate(m_file.fd(), 0);
}

bool tree_lock::in_place(tree const& t) const {
    return t.names(lock_path, m_file.fd());
}

std::string tree_lock::holder(tree const& t) {
    auto const f = open_lock(t, lock_path, O_RDONLY);
    if (!f || try_lock(f, LOCK_SH, t.full(lock_path)))
        return "";
    return holder_text(f, t.full(lock_path));
}

void publishing_lock::prepare(tree const& t) {
    make_lock(t, publishing_path);
}

publishing_lock::publishing_lock(tree const& t, kind k, std::stop_token const& stop)
    : m_file{k == kind::exclusive ? make_lock(t, publishing_path) : open_lock(t, publishing_path, O_RDONLY)} {
    if (!m_file) // nothing was ever published here
        return;
    auto const path = t.full(publishing_path);
    if (!wait_for_lock(m_file, k == kind::exclusive ? LOCK_EX : LOCK_SH, path, std::chrono::minutes{1}, stop))
        throw file_error("lock (held by another process for a minute, a hanging verify or git commit?)", path,
                         EWOULDBLOCK);
}

} // namespace notes_export
