#include "publish/sync_directories.hpp"

#include "files/sync_together.hpp"

#include <algorithm>
#include <cerrno>
#include <unistd.h>

namespace notes_export {

namespace {

// Above this one syncfs(2) is cheaper than a journal commit per directory.
constexpr std::size_t sync_one_by_one = 200;

} // namespace

void sync_directories(tree const& t, std::vector<std::string> directories) {
    std::ranges::sort(directories);
    directories.erase(std::unique(directories.begin(), directories.end()), directories.end());
    if (directories.size() > sync_one_by_one) {
        if (::syncfs(t.fd()) != 0)
            throw file_error("syncfs", t.root(), errno);
        return;
    }
    sync_together(
        directories.size(), [&](std::size_t i) { return t.open_directory(directories[i]); },
        [&](std::size_t i) { return t.full(directories[i]); });
}

} // namespace notes_export
