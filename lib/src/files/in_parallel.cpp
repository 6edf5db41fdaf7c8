#include "files/in_parallel.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <system_error>
#include <vector>

namespace notes_export {

bool starts_thread(std::function<void()> const& start) {
    try {
        start();
        return true;
    } catch (std::system_error const& e) {
        if (e.code() != std::errc::resource_unavailable_try_again)
            throw;
        return false;
    }
}

void in_parallel(std::size_t count, std::size_t most_threads, std::function<void(std::size_t)> const& work) {
    std::atomic<std::size_t> next{0};
    auto const work_on = [&] {
        for (auto i = next++; i < count; i = next++)
            work(i);
    };
    std::vector<std::future<void>> others;
    others.reserve(std::min(most_threads, count));
    auto const start = [&] { others.push_back(std::async(std::launch::async, work_on)); };
    while (others.size() + 1 < std::min(most_threads, count) && starts_thread(start))
        ;
    work_on();
    for (auto& other : others)
        other.get();
}

} // namespace notes_export
