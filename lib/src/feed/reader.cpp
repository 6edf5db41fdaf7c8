#include "feed/reader.hpp"

#include "feed/parse.hpp"
#include "feed/paths.hpp"
#include "files/open_beneath.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>

namespace notes_export::feed {

namespace {

constexpr std::array places{public_directory, private_directory};

std::string join(std::string_view directory, std::string_view name) {
    return std::string{directory} + '/' + std::string{name};
}

/// Empty when there is no such file, or something else is in its place.
file open_plain(int tree, std::filesystem::path const& root, std::string const& path) {
    file f{open_beneath(tree, path, O_RDONLY | O_NONBLOCK)};
    if (!f) {
        constexpr std::array as_good_as_none{ENOENT, ELOOP, ENOTDIR, ENXIO, EXDEV, ENAMETOOLONG};
        if (std::ranges::find(as_good_as_none, errno) == as_good_as_none.end())
            throw file_error("open", root / path, errno);
        return {};
    }
    struct stat info {};
    if (::fstat(f.fd(), &info) != 0)
        throw file_error("stat", root / path, errno);
    return S_ISREG(info.st_mode) ? std::move(f) : file{};
}

} // namespace

struct reader::place {
    std::string_view directory;
    feed_state state;
};

reader::reader(int tree, std::filesystem::path root)
    : m_tree{::fcntl(tree, F_DUPFD_CLOEXEC, 0)}, m_root{std::move(root)} {
    if (!m_tree)
        throw file_error("open directory", m_root, errno);
}

std::optional<reader::place> reader::newest() const {
    std::optional<place> best;
    for (auto const directory : places) {
        auto const path = join(directory, state_name);
        auto const f = open_plain(m_tree.fd(), m_root, path);
        auto const text = f ? read_rest(f.fd(), longest_state, m_root / path) : std::nullopt;
        auto state = text ? parse_state(*text) : std::nullopt;
        if (state && (!best || state->generation > best->state.generation))
            best = place{directory, std::move(*state)};
    }
    return best;
}

std::optional<feed_state> reader::state() const {
    auto found = newest();
    return found ? std::optional{std::move(found->state)} : std::nullopt;
}

std::string_view reader::directory() const {
    auto const found = newest();
    return found ? found->directory : std::string_view{};
}

std::string reader::path_of(std::uint64_t generation) const {
    auto const found = newest();
    if (!found)
        return "";
    auto path = join(found->directory, list_path(generation));
    return open_plain(m_tree.fd(), m_root, path) ? path : "";
}

std::optional<change_list> reader::list(std::uint64_t generation) const {
    auto const found = newest();
    if (!found)
        return std::nullopt;
    auto const path = join(found->directory, list_path(generation));
    auto const f = open_plain(m_tree.fd(), m_root, path);
    auto list = f ? read_list(f.fd(), m_root / path) : std::nullopt;
    return list && list->generation == generation ? std::move(list) : std::nullopt;
}

std::string reader::fault_of_list(std::uint64_t generation) const {
    auto const path = path_of(generation);
    auto const f = path.empty() ? file{} : open_plain(m_tree.fd(), m_root, path);
    if (!f)
        return "";
    constexpr std::size_t longest_shown = 64U << 20U; // of a longer one it would take too much memory
    auto const text = read_rest(f.fd(), longest_shown, m_root / path);
    return text ? feed::fault_of_list(*text, generation) : "it cannot be read as one";
}

std::string reader::fault_of_state() const {
    if (newest())
        return "";
    for (auto const directory : places)
        if (auto const path = join(directory, state_name); open_plain(m_tree.fd(), m_root, path))
            return (m_root / path).string() + " is damaged: it is no state of a change feed";
    return "";
}

std::string why_not_listed(reader const& feed, std::uint64_t generation) {
    auto const fault = feed.fault_of_list(generation);
    return fault.empty() ? "there is no list of generation " + std::to_string(generation)
                         : "the list of generation " + std::to_string(generation) + ", " + feed.path_of(generation) +
                               ", is damaged: " + fault;
}

way way_from(reader const& feed, feed_state const& state, std::uint64_t from) {
    auto const everything = [](std::string reason) { return way{{}, std::move(reason)}; };
    if (from == 0)
        return everything("before generation 1 there is nothing, so that every file is new");
    if (from > state.generation)
        return everything("generation " + std::to_string(from) + " is newer than the newest of the feed, " +
                          std::to_string(state.generation));
    if (from < state.generation && from + 1 < state.oldest)
        return everything("the feed reaches back to generation " + std::to_string(state.oldest) + " only");
    way found;
    for (auto at = from; at < state.generation; ++at) {
        auto list = feed.list(at + 1);
        if (!list)
            return everything(why_not_listed(feed, at + 1));
        if (!list->complete)
            return everything("generation " + std::to_string(at + 1) + " is not listed: " + list->reason);
        if (list->previous != at)
            return everything("generation " + std::to_string(at + 1) + " does not follow " + std::to_string(at));
        found.lists.push_back(std::move(*list));
    }
    return found;
}

} // namespace notes_export::feed
