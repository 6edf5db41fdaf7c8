#include "mirror/feed_watch.hpp"

#include "feed/paths.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>
#include <utility>

namespace notes_export::mirror {

namespace {

constexpr std::uint32_t news = IN_MOVED_TO | IN_CLOSE_WRITE;
constexpr std::size_t room_for_events = 16384;

} // namespace

feed_watch::feed_watch(std::filesystem::path tree)
    : m_tree{std::move(tree)}, m_events{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)}, m_wake{::eventfd(0, EFD_CLOEXEC)} {}

// Anew each time: one that was replaced is another one. The kernel knows those that it watches already.
void feed_watch::look_at_directories() const {
    for (auto const directory : {feed::public_directory, feed::private_directory})
        ::inotify_add_watch(m_events.fd(), (m_tree / directory).c_str(), news | IN_ONLYDIR | IN_DONT_FOLLOW);
}

/// Was one of them about the newest generation?
bool feed_watch::take_events() const {
    alignas(inotify_event) std::array<char, room_for_events> block;
    bool found = false;
    for (;;) {
        auto const n = ::read(m_events.fd(), block.data(), block.size());
        if (n <= 0)
            return found;
        for (std::size_t at = 0; at < static_cast<std::size_t>(n);) {
            inotify_event event{};
            std::memcpy(&event, block.data() + at, sizeof event);
            std::string_view const name{block.data() + at + sizeof event,
                                        ::strnlen(block.data() + at + sizeof event, event.len)};
            found = found || name == feed::state_name || (event.mask & IN_Q_OVERFLOW) != 0;
            at += sizeof event + event.len;
        }
    }
}

void feed_watch::wait(std::chrono::steady_clock::time_point until, std::stop_token const& stop) {
    using std::chrono::milliseconds;
    std::stop_callback const wake{stop, [this] { ::eventfd_write(m_wake.fd(), 1); }};
    look_at_directories();
    std::array<pollfd, 2> waiting{{{m_events.fd(), POLLIN, 0}, {m_wake.fd(), POLLIN, 0}}};
    while (!stop.stop_requested()) {
        auto const left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
        if (left <= milliseconds{0})
            return;
        auto const longest = milliseconds{std::numeric_limits<int>::max()};
        ::poll(waiting.data(), waiting.size(), static_cast<int>(std::min<milliseconds>(left, longest).count()));
        if (take_events())
            return;
    }
}

} // namespace notes_export::mirror
