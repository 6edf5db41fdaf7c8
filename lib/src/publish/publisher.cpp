#include "publish/publisher.hpp"

#include "files/sync_together.hpp"
#include "publish/sync_directories.hpp"
#include "publish/twin_path.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <functional>
#include <set>
#include <tuple>
#include <unistd.h>

namespace notes_export {

namespace {

/// The directory of the previous path, kept open: callers pass paths sorted by directory.
class current_directory {
public:
    template <class Open>
    int of(std::string_view path, Open const& open) {
        auto const parent = parent_of(path);
        if (!m_open || parent != m_path) {
            m_open = open(parent);
            m_path = parent;
        }
        return m_open.fd();
    }

private:
    file m_open;
    std::string m_path;
};

/// By directory, and in each a file before its twins.
std::tuple<std::string_view, std::string_view> place_of(staged_file const& f) {
    return {parent_of(f.target), f.target};
}

// A power failure keeps that order on file systems that keep the order of changes in one directory, as ext4, XFS and
// btrfs do; and no row is marked before its file and its twins are on disk, so that the next cycle looks at them again.
void remove_old_twins(int directory, tree const& t, staged_file const& f) {
    for (auto const how : all_compressions)
        if (f.old_twins.has(how) && ::unlinkat(directory, twin_path(name_of(f.target), how).c_str(), 0) != 0 &&
            errno != ENOENT)
            throw file_error("remove", t.full(twin_path(f.target, how)), errno);
}

} // namespace

bool publisher::put_into_place(staged_directories const& staged, std::string const& directory,
                               std::vector<std::string>& changed) const {
    auto const from = staged.staged(directory);
    auto const parent = m_tree->make_directory(parent_of(directory), changed);
    if (::renameat2(m_staging->fd(), from.c_str(), parent.fd(), std::string{name_of(directory)}.c_str(),
                    RENAME_NOREPLACE) == 0) {
        changed.emplace_back(parent_of(directory));
        return true;
    }
    // EINVAL: a file system without the flag. What stands in the way else is for publish() to meet and to report.
    if (errno != EEXIST && errno != EINVAL)
        throw file_error("rename " + from + " to", m_tree->full(directory), errno);
    return false;
}

void publisher::publish_directories(staged_directories const& staged, std::set<std::string> const& directories,
                                    std::vector<staged_file>& files, std::vector<std::string>& changed) const {
    std::set<std::string, std::less<>> placed;
    for (auto const& d : directories)
        if (put_into_place(staged, d, changed))
            placed.insert(d + '/');
    std::erase_if(files, [&](staged_file const& f) {
        auto const next = placed.upper_bound(f.target);
        return staged.holds(f) && next != placed.begin() && f.target.starts_with(*std::prev(next));
    });
}

void publisher::require_renames(std::vector<staged_file> const& files) const {
    std::set<std::string_view> directories;
    for (auto const& f : files)
        directories.insert(parent_of(f.target));
    for (auto const d : directories)
        m_staging->require_rename_into(*m_tree, d);
}

void publisher::publish(std::vector<staged_file> files, std::vector<std::string> changed) const {
    std::ranges::sort(files, {}, place_of);
    current_directory directory;
    for (auto const& f : files) {
        int const fd = directory.of(f.target, [&](std::string_view d) { return m_tree->make_directory(d, changed); });
        auto const name = std::string{name_of(f.target)};
        remove_old_twins(fd, *m_tree, f);
        if (::renameat(m_staging->fd(), f.name.c_str(), fd, name.c_str()) != 0)
            throw file_error("rename " + f.name + " to", m_tree->full(f.target), errno);
        if (changed.empty() || changed.back() != parent_of(f.target))
            changed.emplace_back(parent_of(f.target));
    }
    sync_directories(*m_tree, std::move(changed));
}

void publisher::announce(std::optional<staged_file> const& mark, std::vector<staged_file> const& files,
                         std::vector<late_file> const& late) const {
    if (mark)
        put(*mark);
    std::vector<late_file> all{late}; // what takes longest begins first
    if (files.size() > staging::sync_one_by_one)
        m_staging->sync_all();
    else
        for (auto const& f : files)
            all.push_back({[this, &f] { return m_staging->open(f); }, [this, &f] { return m_staging->full(f.name); }});
    if (mark)
        all.push_back({[&] { return m_tree->open_directory(parent_of(mark->target)); },
                       [&] { return m_tree->full(parent_of(mark->target)); }});
    sync_together(
        all.size(), [&](std::size_t i) { return all[i].open(); }, [&](std::size_t i) { return all[i].path(); });
}

void publisher::put(staged_file const& f) const {
    auto const directory = m_tree->open_existing(parent_of(f.target));
    if (::renameat(m_staging->fd(), f.name.c_str(), directory.fd(), std::string{name_of(f.target)}.c_str()) != 0)
        throw file_error("rename " + f.name + " to", m_tree->full(f.target), errno);
}

void publisher::remove(std::vector<std::string> paths) const {
    // Backwards: a twin goes before its file.
    std::ranges::sort(paths, std::greater{}, [](std::string const& p) { return std::tuple{parent_of(p), name_of(p)}; });
    std::vector<std::string> changed;
    current_directory directory;
    for (auto const& path : paths) {
        int const fd = directory.of(path, [&](std::string_view d) { return m_tree->open_directory(d); });
        if (::unlinkat(fd, std::string{name_of(path)}.c_str(), 0) != 0 && errno != ENOENT)
            throw file_error("remove", m_tree->full(path), errno);
        if (changed.empty() || changed.back() != parent_of(path))
            changed.emplace_back(parent_of(path));
    }
    sync_directories(*m_tree, std::move(changed));
}

} // namespace notes_export
