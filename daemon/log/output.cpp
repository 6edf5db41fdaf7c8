#include "log/output.hpp"

#include <notes_export/remedy.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace exportd::logging {

namespace {

constexpr int patience_ms = 100;

/// A pipe that polls as writable takes this much without blocking (PIPE_BUF).
constexpr std::size_t chunk_size = 4096;

/// A closed descriptor 0, 1 or 2 would be given to the next file we open, and its owner's output would land in it.
/// Opened for reading, the place is taken, and writing to it still fails as it should.
void occupy_closed_standard_descriptors() noexcept {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", O_RDONLY) < 0)
            return; // no /dev/null here: writes keep failing with EBADF and are counted
    }
}

bool is_socket(int fd) noexcept {
    struct stat status {};
    return ::fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

bool is_journal_stream(int fd) noexcept {
    char const* const named = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    if (!named || ::fstat(fd, &status) != 0)
        return false;
    std::string_view const text{named};
    auto const colon = std::min(text.find(':'), text.size());
    auto const matches = [](std::string_view digits, auto expected) {
        decltype(expected) value{};
        auto const parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        return parsed.ec == std::errc{} && parsed.ptr == digits.data() + digits.size() && value == expected;
    };
    return matches(text.substr(0, colon), status.st_dev) &&
           matches(text.substr(std::min(colon + 1, text.size())), status.st_ino);
}

// Another process wrote it, or we did before the file was opened again; a full disk cuts a record anywhere.
bool ends_within_a_line(int fd, std::filesystem::path const& path) noexcept {
    struct stat status {};
    if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0)
        return false;
    int const readable = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    char last = '\n';
    bool const read = readable >= 0 && ::pread(readable, &last, 1, status.st_size - 1) == 1;
    if (readable >= 0)
        ::close(readable);
    return read && last != '\n';
}

} // namespace

log_output::log_output(int fd, std::filesystem::path path) noexcept
    : m_fd{fd},
      m_path{std::move(path)},
      m_socket{is_socket(fd)},
      m_journal{fd == STDERR_FILENO && is_journal_stream(fd)} {}

log_output log_output::to_stderr() {
    occupy_closed_standard_descriptors();
    return log_output{STDERR_FILENO};
}

log_output log_output::to_file(std::filesystem::path const& path, unsigned mode) {
    // O_NONBLOCK: the name may be a FIFO that nobody reads.
    constexpr int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    occupy_closed_standard_descriptors();
    int fd = ::open(path.c_str(), flags | O_CREAT | O_EXCL, mode);
    if (fd >= 0) {
        // The umask has taken from it, and a service's takes much. Where that cannot be undone the file is still a log.
        static_cast<void>(::fchmod(fd, mode));
    } else if (errno == EEXIST) {
        fd = ::open(path.c_str(), flags | O_CREAT, mode); // O_CREAT: it may go in between, or be a link to nothing yet
    }
    if (fd < 0) {
        int const error = errno;
        throw std::system_error{error, std::generic_category(),
                                "cannot open log file " + path.string() +
                                    notes_export::remedy_remark(error, path, notes_export::place::file)};
    }
    log_output made{fd, path};
    made.m_torn = ends_within_a_line(fd, path);
    return made;
}

log_output::log_output(log_output&& other) noexcept
    : m_fd{std::exchange(other.m_fd, -1)},
      m_path{std::move(other.m_path)},
      m_socket{other.m_socket},
      m_journal{other.m_journal},
      m_stuck{other.m_stuck},
      m_torn{other.m_torn} {}

log_output& log_output::operator=(log_output&& other) noexcept {
    if (this != &other) {
        close();
        m_fd = std::exchange(other.m_fd, -1);
        m_path = std::move(other.m_path);
        m_socket = other.m_socket;
        m_journal = other.m_journal;
        m_stuck = other.m_stuck;
        m_torn = other.m_torn;
    }
    return *this;
}

log_output::~log_output() {
    close();
}

void log_output::close() noexcept {
    if (m_fd > STDERR_FILENO)
        ::close(m_fd); // each record was judged by its own write
    m_fd = -1;
}

bool log_output::wait_for_room() noexcept {
    // stderr is shared with other processes, so O_NONBLOCK is not ours to set: ask before each write instead.
    pollfd room{m_fd, POLLOUT, 0};
    int const ready = ::poll(&room, 1, m_stuck ? 0 : patience_ms);
    if (ready == 0)
        errno = EAGAIN;
    return ready > 0 || (ready < 0 && errno == EINTR);
}

bool log_output::write_all(std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        if (!wait_for_room())
            return false;
        auto const size = std::min(bytes.size(), chunk_size);
        auto const sent = m_socket ? ::send(m_fd, bytes.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL)
                                   : ::write(m_fd, bytes.data(), size);
        if (sent > 0) {
            m_torn = true;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (sent == 0 || errno != EINTR) {
            return false;
        }
    }
    return true;
}

bool log_output::was_moved() const noexcept {
    if (m_path.empty())
        return false;
    struct stat named {};
    struct stat ours {};
    if (::stat(m_path.c_str(), &named) != 0)
        return errno == ENOENT;
    return ::fstat(m_fd, &ours) == 0 && (named.st_dev != ours.st_dev || named.st_ino != ours.st_ino);
}

bool log_output::write(std::string line) {
    if (m_torn)
        line.insert(0, 1, '\n'); // in one piece: a full pipe may have room for one write only
    bool const whole = write_all(line);
    m_stuck = !whole;
    if (whole)
        m_torn = false;
    return whole;
}

} // namespace exportd::logging
