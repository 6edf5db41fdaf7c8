#include "publish/lock_file.hpp"

#include "notes_export/error.hpp"

#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <fcntl.h>
#include <mutex>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace notes_export::lock_file {

namespace {

constexpr std::chrono::milliseconds retry{20};
constexpr std::size_t longest_table = 4U << 20;
constexpr std::size_t longest_name = 64;
constexpr std::size_t most_named = 3;

struct stat look(file const& f, std::filesystem::path const& path) {
    struct stat info {};
    if (::fstat(f.fd(), &info) != 0)
        throw file_error("stat", path, errno);
    return info;
}

/// "" when it cannot be read: a service may see no other processes, and no locks.
std::string read_proc(std::string const& path, std::size_t longest) {
    file const f{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    return f ? read_rest(f.fd(), longest, path).value_or("") : "";
}

std::string name_of_process(long pid) {
    auto name = read_proc("/proc/" + std::to_string(pid) + "/comm", longest_name);
    while (!name.empty() && name.back() == '\n')
        name.pop_back();
    return "process " + std::to_string(pid) + (name.empty() ? "" : " (" + name + ')');
}

/// The process of a line of /proc/locks when it holds an flock of this file; those that wait have an arrow.
std::optional<long> holder_in(std::string const& line, struct stat const& of) {
    std::array<char, 16> kind{};
    unsigned device_major = 0;
    unsigned device_minor = 0;
    unsigned long long inode = 0;
    long pid = 0;
    if (std::sscanf(line.c_str(), "%*d: %15s %*s %*s %ld %x:%x:%llu", kind.data(), &pid, &device_major, &device_minor,
                    &inode) != 5)
        return std::nullopt;
    bool const this_one = std::string_view{kind.data()} == "FLOCK" && inode == of.st_ino &&
                          device_major == major(of.st_dev) && device_minor == minor(of.st_dev);
    return this_one && pid > 0 ? std::optional{pid} : std::nullopt;
}

} // namespace

// Without following a link, and without waiting for the other end of a FIFO.
file open(tree const& t, std::string_view path, int flags, unsigned mode) {
    auto const directory = t.passage(parent_of(path));
    if (!directory)
        return {};
    file f{::openat(directory.fd(), std::string{name_of(path)}.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                    mode)};
    if (!f && errno == ELOOP)
        throw file_error("open (a symbolic link is in its place: remove that)", t.full(path), errno);
    if (!f && errno != ENOENT)
        throw file_error("open", t.full(path), errno);
    if (f && !S_ISREG(look(f, t.full(path)).st_mode))
        throw file_error("lock (not a plain file)", t.full(path), EINVAL);
    return f;
}

file make(tree const& t, std::string_view path, unsigned mode) {
    auto f = open(t, path, O_RDWR | O_CREAT, mode);
    if (!f)
        throw file_error("create", t.full(path), ENOENT);
    return f;
}

bool has_one_name(file const& f, std::filesystem::path const& path) {
    return look(f, path).st_nlink <= 1;
}

bool try_lock(file const& f, int operation, std::filesystem::path const& path) {
    if (::flock(f.fd(), operation | LOCK_NB) == 0)
        return true;
    if (errno != EWOULDBLOCK && errno != EINTR)
        throw file_error("lock", path, errno);
    return false;
}

bool wait(file const& f, int operation, std::filesystem::path const& path, patience const& go_on,
          std::stop_token const& stop) {
    std::mutex unused;
    std::unique_lock waiting{unused};
    std::condition_variable_any timer;
    while (!try_lock(f, operation, path)) {
        if (stop.stop_requested())
            throw cancelled{};
        if (!go_on())
            return false;
        timer.wait_for(waiting, stop, retry, [] { return false; });
    }
    return true;
}

patience for_at_most(std::chrono::milliseconds time) {
    return [end = std::chrono::steady_clock::now() + time] { return std::chrono::steady_clock::now() <= end; };
}

std::string holders(file const& f, std::filesystem::path const& path) {
    auto const info = look(f, path);
    auto const table = read_proc("/proc/locks", longest_table);
    std::string names;
    std::size_t named = 0;
    for (std::size_t begin = 0; begin < table.size() && named < most_named;) {
        auto const end = std::min(table.find('\n', begin), table.size());
        if (auto const pid = holder_in(table.substr(begin, end - begin), info))
            names += (named++ == 0 ? "" : ", ") + name_of_process(*pid);
        begin = end + 1;
    }
    return names.empty() ? "another process" : names;
}

} // namespace notes_export::lock_file
