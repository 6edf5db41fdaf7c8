#include "files/sync_together.hpp"

#include "files/in_parallel.hpp"

namespace notes_export {

namespace {

constexpr std::size_t most_threads = 8;

} // namespace

void sync_together(std::size_t count, std::function<file(std::size_t)> const& open,
                   std::function<std::filesystem::path(std::size_t)> const& path_of) {
    in_parallel(count, most_threads, [&](std::size_t i) {
        auto const f = open(i);
        fsync_or_throw(f.fd(), path_of(i));
    });
}

} // namespace notes_export
