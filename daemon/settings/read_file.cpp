#include "settings/read_file.hpp"

#include <notes_export/error.hpp>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace exportd {

namespace {

class descriptor {
public:
    explicit descriptor(int fd) : m_fd{fd} {}
    ~descriptor() {
        if (m_fd >= 0)
            ::close(m_fd); // only read from: nothing can be lost here
    }
    descriptor(descriptor const&) = delete;
    descriptor& operator=(descriptor const&) = delete;
    int get() const noexcept { return m_fd; }

private:
    int m_fd;
};

[[noreturn]] void fail(int error, std::filesystem::path const& path) {
    throw notes_export::file_error{"cannot read", path, error};
}

} // namespace

std::string read_file(std::filesystem::path const& path, std::size_t max_size) {
    descriptor const file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
    if (file.get() < 0)
        fail(errno, path);
    std::string text;
    std::array<char, 16UL * 1024> buffer{};
    for (;;) {
        auto const got = ::read(file.get(), buffer.data(), buffer.size());
        if (got == 0)
            return text;
        if (got > 0)
            text.append(buffer.data(), static_cast<std::size_t>(got));
        else if (errno != EINTR)
            fail(errno, path);
        if (text.size() > max_size)
            fail(EFBIG, path);
    }
}

} // namespace exportd
