#include "feed/lists.hpp"

#include "feed/parse.hpp"
#include "feed/paths.hpp"
#include "files/directory_entries.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace notes_export::feed {

namespace {

constexpr std::uint64_t lists_of_directory = 1000;
// One cycle looks at no more: a long pause may have made all of them too old.
constexpr int most_at_once = 10'000;

void list_directory(tree const& t, std::string const& directory, std::function<void(std::string const&)> const& each) {
    auto const open = t.try_open_directory(directory);
    if (open)
        for_each_entry(open.fd(), t.full(directory), [&](dirent const& entry) { each(entry.d_name); });
}

bool is_number(std::string const& name) {
    return name.size() >= 3 && name.size() <= 16 &&
           std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace

std::string lists::path_of(std::uint64_t generation) const {
    return path(list_path(generation));
}

std::optional<feed_state> lists::state() const {
    auto const text = m_tree->read(state_path(), longest_state);
    return text ? parse_state(*text) : std::nullopt;
}

std::optional<listed_file> lists::last_of(std::uint64_t generation) const {
    auto const where = path_of(generation);
    auto const f = m_tree->exists(where) ? m_tree->open_file(where) : file{};
    auto const list = f ? read_list(f.fd(), m_tree->full(where), list_part::last) : std::nullopt;
    if (!list || list->generation != generation || list->changed.empty())
        return std::nullopt;
    return list->changed.back();
}

void lists::for_each(std::function<void(std::uint64_t)> const& each) const {
    list_directory(*m_tree, m_directory, [&](std::string const& millions) {
        if (!is_number(millions) || !m_tree->is_directory(path(millions)))
            return;
        list_directory(*m_tree, path(millions), [&](std::string const& thousands) {
            auto const inner = millions + '/' + thousands;
            if (!is_number(thousands) || !m_tree->is_directory(path(inner)))
                return;
            list_directory(*m_tree, path(inner), [&](std::string const& name) {
                if (auto const generation = generation_at(inner + '/' + name))
                    each(*generation);
            });
        });
    });
}

std::uint64_t lists::newest() const {
    std::uint64_t found = 0;
    for_each([&](std::uint64_t generation) { found = std::max(found, generation); });
    return found;
}

std::uint64_t lists::oldest_up_to(std::uint64_t generation) const {
    std::vector<std::uint64_t> there;
    for_each([&](std::uint64_t g) { there.push_back(g); });
    std::ranges::sort(there);
    while (generation > 1 && std::ranges::binary_search(there, generation - 1))
        --generation;
    return generation;
}

std::uint64_t lists::oldest_kept(std::uint64_t oldest, std::uint64_t newest, std::chrono::seconds retention) const {
    auto const limit = std::chrono::system_clock::now() - retention;
    for (int looked_at = 0; oldest < newest && looked_at < most_at_once && is_older(oldest, limit); ++looked_at)
        ++oldest;
    return oldest;
}

// One that is not there is too old.
bool lists::is_older(std::uint64_t generation, std::chrono::system_clock::time_point limit) const {
    auto const where = path_of(generation);
    auto const f = m_tree->open_file(where);
    struct stat info {};
    if (f && ::fstat(f.fd(), &info) != 0)
        throw file_error("stat", m_tree->full(where), errno);
    return !f || std::chrono::system_clock::from_time_t(info.st_mtim.tv_sec) < limit;
}

void lists::forget(std::uint64_t generation) const {
    auto const where = path_of(generation);
    if (unlink(where, 0) && generation % lists_of_directory == lists_of_directory - 1)
        remove_empty(std::string{parent_of(where)});
}

void lists::forget_all_but(std::uint64_t oldest, std::uint64_t newest) const {
    std::vector<std::uint64_t> old;
    for_each([&](std::uint64_t g) {
        if (g < oldest || g > newest)
            old.push_back(g);
    });
    for (auto const g : old) {
        unlink(path_of(g), 0);
        remove_empty(std::string{parent_of(path_of(g))});
    }
}

void lists::forget_everything() const {
    if (!m_tree->is_directory(m_directory))
        return;
    unlink(state_path(), 0);
    forget_all_but(1, 0);
    if (m_directory == public_directory)
        remove_empty(m_directory);
}

bool lists::unlink(std::string const& where, int flags) const {
    auto const directory = m_tree->try_open_directory(parent_of(where));
    if (!directory)
        return false;
    if (::unlinkat(directory.fd(), std::string{name_of(where)}.c_str(), flags) == 0)
        return true;
    if (errno != ENOENT && errno != ENOTEMPTY && errno != EEXIST && errno != EISDIR)
        throw file_error("remove", m_tree->full(where), errno);
    return false;
}

// The directory, and those above it that are empty then.
void lists::remove_empty(std::string where) const {
    while (where.size() >= m_directory.size() && (where != m_directory || m_directory == public_directory) &&
           unlink(where, AT_REMOVEDIR))
        where = parent_of(where);
}

} // namespace notes_export::feed
