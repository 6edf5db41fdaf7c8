#include "files/sync_together.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <vector>

namespace notes_export {

namespace {

constexpr std::size_t most_threads = 8;
// A thread is not worth starting for fewer.
constexpr std::size_t least_per_thread = 1;

} // namespace

void sync_together(std::size_t count, std::function<file(std::size_t)> const& open,
                   std::function<std::filesystem::path(std::size_t)> const& path_of) {
    std::atomic<std::size_t> next{0};
    auto const work = [&] {
        for (auto i = next++; i < count; i = next++) {
            auto const f = open(i);
            fsync_or_throw(f.fd(), path_of(i));
        }
    };
    std::vector<std::future<void>> others;
    auto const threads = std::min(most_threads, count / least_per_thread);
    for (std::size_t i = 1; i < threads; ++i)
        others.push_back(std::async(std::launch::async, work));
    work();
    for (auto& other : others)
        other.get();
}

} // namespace notes_export
