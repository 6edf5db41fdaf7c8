#include "mirror/directory/target_directory.hpp"

#include "files/remove_contents.hpp"
#include "files/sync_together.hpp"
#include "notes_export/error.hpp"
#include "publish/lock_file.hpp"
#include "publish/sync_directories.hpp"
#include "publish/twin_path.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace notes_export::mirror {

namespace {

constexpr std::size_t buffer_size = 256U << 10;
// Above that, one syncfs(2) is faster than so many fsync(2).
constexpr std::size_t most_synced_one_by_one = 500;
constexpr unsigned mode_of_files = 0644;
constexpr std::size_t longest_note = 128;

file open_private(tree const& root) {
    if (::mkdirat(root.fd(), std::string{target_directory::private_name}.c_str(), 0700) != 0 && errno != EEXIST)
        throw file_error("make directory", root.full(target_directory::private_name), errno);
    return root.open_directory(target_directory::private_name);
}

} // namespace

target_directory::target_directory(std::filesystem::path const& root)
    : m_files{root, false}, m_private{open_private(m_files)} {
    lock();
    clear();
}

// Beside the place where files are staged, which is emptied.
void target_directory::lock() {
    auto const path = std::string{private_name} + "/lock";
    m_lock = lock_file::make(m_files, path, 0600);
    if (!lock_file::try_lock(m_lock, LOCK_EX, m_files.full(path)))
        throw lock_held{"another mirror works on " + m_files.root().string() + ": " +
                        lock_file::holders(m_lock, m_files.full(path)) + " holds " + m_files.full(path).string()};
}

void target_directory::clear() {
    auto const path = m_files.full(private_name);
    auto const staging = path / "new";
    if (::mkdirat(m_private.fd(), "new", 0700) != 0 && errno != EEXIST)
        throw file_error("make directory", staging, errno);
    m_new = m_files.open_directory(std::string{private_name} + "/new");
    remove_contents(m_new.fd(), staging);
}

target_directory::staged target_directory::begin() {
    staged s;
    s.m_name = std::to_string(m_next++);
    s.m_full = m_files.full(private_name) / "new" / s.m_name;
    s.m_file = file{::openat(m_new.fd(), s.m_name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (!s.m_file)
        throw file_error("create", s.m_full, errno);
    return s;
}

void target_directory::staged::add(std::string_view piece) {
    m_sha256.add(piece);
    m_size += piece.size();
    m_buffer += piece;
    if (m_buffer.size() < buffer_size)
        return;
    write_all(m_file.fd(), m_buffer, m_full);
    m_buffer.clear();
}

void target_directory::discard(staged s) {
    s.m_file.reset();
    if (::unlinkat(m_new.fd(), s.m_name.c_str(), 0) != 0 && errno != ENOENT)
        throw file_error("remove", s.m_full, errno);
}

void target_directory::keep(staged s, std::string path) {
    write_all(s.m_file.fd(), s.m_buffer, s.m_full);
    require_mode(s.m_file.fd(), mode_of_files, s.m_full);
    s.m_file.close(s.m_full.string());
    m_waiting.push_back({std::move(s.m_name), std::move(path)});
}

void target_directory::make_durable() const {
    if (m_waiting.size() > most_synced_one_by_one) {
        if (::syncfs(m_files.fd()) != 0)
            throw file_error("syncfs", m_files.root(), errno);
        return;
    }
    auto const place = m_files.full(private_name) / "new";
    sync_together(
        m_waiting.size(),
        [&](std::size_t i) {
            file f{::openat(m_new.fd(), m_waiting[i].name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
            if (!f)
                throw file_error("open", place / m_waiting[i].name, errno);
            return f;
        },
        [&](std::size_t i) { return place / m_waiting[i].name; });
}

void target_directory::rename_all(std::vector<std::string>& changed) const {
    std::optional<std::string> open_path;
    file directory;
    for (auto const& next : m_waiting) {
        auto const parent = std::string{parent_of(next.path)};
        if (open_path != parent) {
            directory = m_files.make_directory(parent, changed);
            open_path = parent;
            changed.push_back(parent);
        }
        remove_old_twins(directory, next.path);
        if (::renameat(m_new.fd(), next.name.c_str(), directory.fd(), std::string{name_of(next.path)}.c_str()) != 0)
            throw file_error(errno == EISDIR ? "replace (a directory is in its place: move that away)" : "replace",
                             m_files.full(next.path), errno);
    }
}

// Those that come with it follow it. Whoever finds a twin, in any moment, finds that of the file.
void target_directory::remove_old_twins(file const& directory, std::string const& path) const {
    if (twin_at(path))
        return;
    for (auto const how : all_compressions) {
        auto const twin = twin_path(path, how);
        if (::unlinkat(directory.fd(), std::string{name_of(twin)}.c_str(), 0) != 0 && errno != ENOENT &&
            errno != EISDIR)
            throw file_error("remove", m_files.full(twin), errno);
    }
}

bool target_directory::replaces_file_of(std::string_view path) const {
    auto const twin = twin_at(path);
    if (!twin)
        return false;
    // It was kept just before, with another twin at most in between.
    auto const last = m_waiting.size() > 1 ? m_waiting.end() - 2 : m_waiting.begin();
    return std::any_of(last, m_waiting.end(), [&](kept const& k) { return k.path == twin->of; });
}

void target_directory::note(char const* name, std::string const& text) {
    auto s = begin();
    s.add(text);
    write_all(s.m_file.fd(), s.m_buffer, s.m_full);
    fsync_or_throw(s.m_file.fd(), s.m_full);
    s.m_file.close(s.m_full.string());
    auto const path = m_files.full(private_name) / name;
    if (::renameat(m_new.fd(), s.m_name.c_str(), m_private.fd(), name) != 0)
        throw file_error("replace", path, errno);
    fsync_or_throw(m_private.fd(), m_files.full(private_name));
}

void target_directory::forget(char const* name) {
    if (::unlinkat(m_private.fd(), name, 0) != 0 && errno != ENOENT)
        throw file_error("remove", m_files.full(private_name) / name, errno);
}

void target_directory::begin_removals(std::uint64_t from) {
    note(unfinished_name, std::to_string(from) + '\n');
}

void target_directory::begin_first_copy(first_copy const& which) {
    note(first_copy_name, std::to_string(which.generation) + ' ' + which.export_date + '\n');
}

std::optional<target_directory::first_copy> target_directory::unfinished_first_copy() const {
    auto const text = m_files.read(std::string{private_name} + '/' + first_copy_name, longest_note).value_or("");
    first_copy found;
    auto const* const end = text.data() + text.size();
    auto const [rest, error] = std::from_chars(text.data(), end, found.generation);
    if (error != std::errc{} || found.generation == 0 || rest == end || *rest != ' ' || !text.ends_with('\n'))
        return std::nullopt;
    found.export_date.assign(rest + 1, end - 1);
    return found;
}

std::optional<std::uint64_t> target_directory::unfinished_from(tree const& t) {
    auto const path = std::string{private_name} + '/' + unfinished_name;
    auto const text = t.read(path, longest_note);
    if (!text)
        return t.is_removable(path) ? std::optional<std::uint64_t>{0} : std::nullopt;
    std::uint64_t from = 0; // of what cannot be read: everything is compared
    std::from_chars(text->data(), text->data() + text->size(), from);
    return from;
}

void target_directory::replace_all() {
    if (m_waiting.empty())
        return;
    make_durable();
    std::vector<std::string> changed;
    rename_all(changed);
    sync_directories(m_files, std::move(changed));
    m_waiting.clear();
}

std::size_t target_directory::remove(std::vector<std::string> const& paths) {
    std::vector<std::string> changed;
    for (auto next = paths.rbegin(); next != paths.rend(); ++next) { // twins before their file
        auto const& path = *next;
        auto const parent = std::string{parent_of(path)};
        auto const directory = m_files.try_open_directory(parent);
        if (!directory || ::unlinkat(directory.fd(), std::string{name_of(path)}.c_str(), 0) == 0) {
            if (directory)
                changed.push_back(parent);
        } else if (errno != ENOENT) {
            throw file_error(errno == EISDIR ? "remove (a directory is in its place: move that away)" : "remove",
                             m_files.full(path), errno);
        }
    }
    auto const removed = changed.size();
    sync_directories(m_files, std::move(changed));
    return removed;
}

} // namespace notes_export::mirror
