#include "files/in_parallel.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <vector>

namespace notes_export {

void in_parallel(std::size_t count, std::size_t most_threads, std::function<void(std::size_t)> const& work) {
    std::atomic<std::size_t> next{0};
    auto const work_on = [&] {
        for (auto i = next++; i < count; i = next++)
            work(i);
    };
    std::vector<std::future<void>> others;
    for (std::size_t i = 1; i < std::min(most_threads, count); ++i)
        others.push_back(std::async(std::launch::async, work_on));
    work_on();
    for (auto& other : others)
        other.get();
}

} // namespace notes_export
