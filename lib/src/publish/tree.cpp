#include "publish/tree.hpp"

#include "files/directory_entries.hpp"
#include "files/directory_rules.hpp"
#include "files/open_beneath.hpp"
#include "publish/twin_path.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <span>
#include <sys/stat.h>
#include <unistd.h>

namespace notes_export {

namespace {

/// Is it in a private directory of somebody else?
bool is_private_to_others(std::filesystem::path const& path) {
    std::filesystem::path at;
    for (auto const& name : path) {
        at /= name;
        struct stat info {};
        if (name == tree::private_directory)
            return ::lstat(at.c_str(), &info) != 0 || info.st_uid != ::geteuid();
    }
    return false;
}

file_error cannot_open(std::string what, std::filesystem::path const& path, int error) {
    if (error == EXDEV)
        what += " (the tree must be one mount, with no other mounted inside)";
    if (error == ELOOP)
        what +=
            " (a symbolic link is in its place, and none is followed inside the tree: put a directory there; the root "
            "itself may be a link)";
    if (error == ENOTDIR)
        what += " (something that is no directory is in its place or above it: move that away)";
    if (error == ENOSYS)
        what += " (openat2 is not allowed here, as under systemd's RestrictSUIDSGID=)";
    if (error == EPERM)
        what += " (openat2 is not permitted, as by the seccomp profile of an old container runtime: update that, or "
                "allow the call in its profile)";
    if (error == EACCES && is_private_to_others(path))
        what += " (only the user that exports may look in here: run this as that user, or as root)";
    return {what, path, error};
}

// Parents as well: a reader has to come through them.
void make_root(std::filesystem::path const& path) {
    std::error_code ignored; // what is wrong with it shows when it is made or opened
    if (path.empty() || std::filesystem::is_directory(path, ignored))
        return;
    auto const parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
    make_root(path.parent_path());
    file const above{::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (::mkdir(path.c_str(), above && has_default_access_list(above.fd(), parent) ? 0777 : 0755) != 0) {
        if (errno != EEXIST)
            throw file_error("make directory", path, errno);
        return;
    }
    file const made{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!made)
        throw file_error("open directory", path, errno);
    require_mode(made.fd(), 0755, path);
}

file open_root(std::filesystem::path const& path, tree::root_link link) {
    int const follow = link == tree::root_link::followed ? 0 : O_NOFOLLOW;
    file root{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | follow)};
    if (root)
        return root;
    int const error = errno;
    std::error_code ignored;
    if (follow != 0 && std::filesystem::is_symlink(path, ignored))
        throw file_error("open directory (a symbolic link has taken its place; restart to accept that)", path, ELOOP);
    throw file_error("open directory", path, error);
}

bool is_regular(int fd, std::filesystem::path const& path, off_t& size) {
    struct stat info {};
    if (::fstat(fd, &info) != 0)
        throw file_error("stat", path, errno);
    size = info.st_size;
    return S_ISREG(info.st_mode);
}

} // namespace

std::string_view parent_of(std::string_view path) noexcept {
    auto const slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

std::string_view name_of(std::string_view path) noexcept {
    return path.substr(path.rfind('/') + 1);
}

bool is_below_private(std::string_view path) noexcept {
    return path.size() > tree::private_directory.size() && path.starts_with(tree::private_directory) &&
           path[tree::private_directory.size()] == '/';
}

bool is_for_group(std::string_view name) noexcept {
    return name == "changes" || name == "mirrors" || name == "files";
}

private_rights private_mode(std::string_view path) noexcept {
    auto const inside = path.substr(std::min(path.size(), tree::private_directory.size() + 1));
    return is_for_group(inside.substr(0, inside.find('/'))) ? private_rights{0750, 0640} : private_rights{};
}

tree::tree(std::filesystem::path root, bool create, root_link link) : m_path{std::move(root)} {
    if (create)
        make_root(m_path);
    m_root = open_root(m_path, link);
    if (!create)
        return;
    std::vector<std::string> changed;
    make_directory(private_directory, changed);
}

bool tree::still_at_path() const noexcept {
    struct stat now {
    }, ours{};
    return ::stat(m_path.c_str(), &now) == 0 && ::fstat(m_root.fd(), &ours) == 0 && now.st_dev == ours.st_dev &&
           now.st_ino == ours.st_ino;
}

std::optional<struct stat> tree::entry(std::string_view path) const {
    auto const directory = passage(parent_of(path));
    struct stat info {};
    if (!directory)
        return std::nullopt;
    if (::fstatat(directory.fd(), std::string{name_of(path)}.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0)
        return info;
    if (errno != ENOENT)
        throw file_error("stat", full(path), errno);
    return std::nullopt;
}

bool tree::is_directory(std::string_view path) const {
    auto const info = entry(path);
    return info && S_ISDIR(info->st_mode);
}

bool tree::is_removable(std::string_view path) const {
    auto const info = entry(path);
    return info && !S_ISDIR(info->st_mode);
}

bool tree::names(std::string_view path, int fd) const {
    auto const info = entry(path);
    struct stat ours {};
    return info && ::fstat(fd, &ours) == 0 && info->st_dev == ours.st_dev && info->st_ino == ours.st_ino;
}

file tree::open_file(std::string_view path) const {
    // O_NONBLOCK: a FIFO planted at the path must not stop us.
    file f{open_beneath(m_root.fd(), std::string{path}, O_RDONLY | O_NONBLOCK)};
    if (!f && errno != ENOENT && errno != ELOOP && errno != ENOTDIR && errno != ENXIO)
        throw cannot_open("open", full(path), errno);
    return f;
}

std::optional<std::string> tree::read(std::string_view path, std::size_t longest) const {
    auto const f = open_file(path);
    off_t size = 0;
    if (!f || !is_regular(f.fd(), full(path), size) || static_cast<std::size_t>(size) > longest)
        return std::nullopt;
    return read_rest(f.fd(), longest, full(path));
}

bool tree::exists(std::string_view path) const {
    auto const f = open_file(path);
    off_t size = 0;
    return f && is_regular(f.fd(), full(path), size);
}

tree::comparison tree::compare(std::string_view path, std::string_view bytes) const {
    auto const f = open_file(path);
    if (!f)
        return comparison::missing;
    off_t size = 0;
    if (!is_regular(f.fd(), full(path), size) || static_cast<std::size_t>(size) != bytes.size())
        return comparison::differs;
    std::array<char, 16384> block;
    while (!bytes.empty()) {
        auto const n = read_up_to(f.fd(), std::span{block}.first(std::min(block.size(), bytes.size())), full(path));
        if (n == 0 || std::memcmp(block.data(), bytes.data(), n) != 0)
            return comparison::differs;
        bytes.remove_prefix(n);
    }
    return comparison::equal;
}

tree::comparison tree::compare(std::string_view path, file const& other,
                               std::filesystem::path const& other_path) const {
    auto const f = open_file(path);
    if (!f)
        return comparison::missing;
    off_t size = 0;
    if (!is_regular(f.fd(), full(path), size))
        return comparison::differs;
    std::vector<char> mine(65536), theirs(65536);
    for (;;) {
        auto const n = read_up_to(f.fd(), mine, full(path));
        auto const m = read_up_to(other.fd(), theirs, other_path);
        if (n != m || std::memcmp(mine.data(), theirs.data(), n) != 0)
            return comparison::differs;
        if (n == 0)
            return comparison::equal;
    }
}

file tree::try_open_directory(std::string_view path) const {
    file f{open_beneath(m_root.fd(), path.empty() ? "." : std::string{path}, O_RDONLY | O_DIRECTORY)};
    if (!f && errno != ENOENT)
        throw cannot_open("open directory", full(path), errno);
    return f;
}

file tree::passage(std::string_view path) const {
    file f{open_beneath(m_root.fd(), path.empty() ? "." : std::string{path}, O_PATH | O_DIRECTORY)};
    if (!f && errno != ENOENT)
        throw cannot_open("open directory", full(path), errno);
    return f;
}

file tree::open_directory(std::string_view path) const {
    auto f = try_open_directory(path);
    if (!f)
        throw file_error("open directory", full(path), ENOENT);
    return f;
}

file tree::open_existing(std::string_view path) const {
    auto f = try_open_directory(path);
    while (!f && !path.empty()) {
        path = parent_of(path);
        f = try_open_directory(path);
    }
    if (!f)
        throw file_error("open directory", m_path, ENOENT);
    return f;
}

file tree::make_directory(std::string_view path, std::vector<std::string>& changed) const {
    auto f = try_open_directory(path);
    if (f)
        return f;
    auto const parent = make_directory(parent_of(path), changed);
    unsigned const mode = path == private_directory || is_below_private(path) ? private_mode(path).directory : 0755;
    // Where a default access list is, it has the last word, as for every directory that others make there.
    unsigned const asked = mode == 0755 && has_default_access_list(parent.fd(), full(path)) ? 0777 : mode;
    if (::mkdirat(parent.fd(), std::string{name_of(path)}.c_str(), asked) != 0 && errno != EEXIST)
        throw file_error("make directory", full(path), errno);
    changed.emplace_back(parent_of(path));
    f = open_directory(path);
    require_mode(f.fd(), mode, full(path));
    return f;
}

void tree::walk(std::string const& directory, entity_path const& layout, int depth,
                std::function<void(std::string const&)> const& on_file) const {
    auto const f = try_open_directory(directory);
    if (!f)
        return;
    for_each_entry(f.fd(), full(directory), [&](dirent const& entry) {
        auto const path = directory + '/' + entry.d_name;
        if (depth > 0 && layout.may_hold(path) && (entry.d_type == DT_DIR || entry.d_type == DT_UNKNOWN))
            walk(path, layout, depth - 1, on_file);
        else if (depth == 0 && entry.d_type != DT_DIR)
            on_file(path);
    });
}

void tree::walk(std::string const& branch, entity_path const& layout,
                std::function<void(std::string const&)> const& on_file) const {
    walk(branch, layout, layout.depth() - static_cast<int>(std::ranges::count(branch, '/')), on_file);
}

std::vector<std::int64_t> tree::profile_ids(entity_path const& layout) const {
    return profile_ids(layout, layout.top());
}

std::vector<tree::named_twin> tree::profile_twins(entity_path const& layout) const {
    return profile_twins(layout, layout.top());
}

std::vector<tree::named_twin> tree::profile_twins(entity_path const& layout, std::string const& branch) const {
    std::vector<named_twin> twins;
    walk(branch, layout, [&](std::string const& path) {
        if (auto const twin = twin_at(path))
            if (auto const id = layout.id_at(twin->of))
                twins.push_back({*id, twin->how});
    });
    return twins;
}

std::vector<std::int64_t> tree::profile_ids(entity_path const& layout, std::string const& branch) const {
    std::vector<std::int64_t> ids;
    walk(branch, layout, [&](std::string const& path) {
        if (auto const id = layout.id_at(path))
            ids.push_back(*id);
    });
    return ids;
}

} // namespace notes_export
