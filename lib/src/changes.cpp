#include "notes_export/changes.hpp"

#include "feed/reader.hpp"
#include "notes_export/error.hpp"

#include <cerrno>
#include <fcntl.h>
#include <map>

namespace notes_export {

namespace {

constexpr char const* remedy = "; compare all files instead";

void add(change_list const& list, std::map<std::string, bool>& is_there) {
    for (auto const& path : list.removed)
        is_there[path] = false;
    for (auto const& f : list.changed)
        is_there[f.path] = true;
}

change_list newest_list(feed::reader const& feed, feed_state const& state) {
    auto list = feed.list(state.generation);
    if (!list)
        throw request_refused{feed::why_not_listed(feed, state.generation) + remedy};
    if (!list->complete)
        throw request_refused{"generation " + std::to_string(state.generation) + " is not listed: " + list->reason +
                              remedy};
    return std::move(*list);
}

} // namespace

changed_paths changes_since(std::filesystem::path const& directory, std::optional<std::uint64_t> since) {
    file const root{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!root)
        throw file_error("open directory", directory, errno);
    feed::reader const feed{root.fd(), directory};
    auto const state = feed.state();
    if (auto const fault = state ? std::string{} : feed.fault_of_state(); !fault.empty())
        throw request_refused{fault + remedy};
    if (!state)
        throw request_refused{directory.string() + " has no change feed yet, or [feed] retention is 0" + remedy};
    std::map<std::string, bool> is_there;
    if (since) {
        auto const way = feed::way_from(feed, *state, *since);
        if (!way.reason.empty())
            throw request_refused{way.reason + remedy};
        for (auto const& list : way.lists)
            add(list, is_there);
    } else {
        add(newest_list(feed, *state), is_there);
    }
    changed_paths found;
    found.to = state->generation;
    for (auto const& [path, there] : is_there)
        (there ? found.changed : found.removed).push_back(path);
    return found;
}

} // namespace notes_export
