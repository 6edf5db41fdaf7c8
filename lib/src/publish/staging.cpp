#include "publish/staging.hpp"

#include "files/directory_entries.hpp"
#include "files/remove_contents.hpp"
#include "files/sha256.hpp"
#include "files/sync_together.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace notes_export {

namespace {

constexpr std::string_view staging_path = ".exportd/staging";
constexpr std::size_t buffer_size = 256 * 1024;

// Ours are not as deep; each level takes a descriptor.
constexpr int deepest = 16;

void list_files(file const& directory, std::filesystem::path const& path, std::string const& prefix, int depth,
                std::vector<std::string>& found) {
    for_each_entry(directory.fd(), path, [&](dirent const& entry) {
        std::string const name{entry.d_name};
        struct stat info {};
        if (::fstatat(directory.fd(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
            throw file_error("stat", path / name, errno);
        file const inner{S_ISDIR(info.st_mode) && depth < deepest
                             ? ::openat(directory.fd(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
                             : -1};
        if (inner)
            list_files(inner, path / name, prefix + name + '/', depth + 1, found);
        else if (S_ISREG(info.st_mode))
            found.push_back(prefix + name);
    });
}

} // namespace

staging::staging(tree const& t) : m_path{t.full(staging_path)} {
    std::vector<std::string> changed;
    m_directory = t.make_directory(staging_path, changed);
    m_rules = directory_rules::of(m_directory.fd(), m_path);
}

void staging::look_at(tree const& t, std::vector<std::string> const& tops) {
    m_rules = directory_rules::of(m_directory.fd(), m_path);
    for (auto const& top : tops) {
        auto const directory = t.try_open_directory(top);
        if (!directory)
            continue;
        auto rules = directory_rules::of(directory.fd(), t.full(top));
        if (auto const old = m_rooms.find(top); old != m_rooms.end() && old->second.rules.hand_on_as(rules))
            continue;
        m_rooms.erase(top);
        if (auto const* const room = room_of(top); !rules.hand_on_as(room ? room->rules : m_rules))
            open_room(t, top, directory, rules);
    }
}

// Made where it inherits, then moved: that takes no rights but those to write in both.
void staging::open_room(tree const& t, std::string const& top, file const& directory, directory_rules const& rules) {
    constexpr char const* in_passing = ".exportd-room";
    if (rules.domain.device != m_rules.domain.device)
        require_rename(m_rules.domain, rules.domain, t.full(top));
    require_rename(rules.domain, m_rules.domain, m_path);
    auto name = "room" + next_name();
    auto const there = t.full(top) / in_passing;
    if (::unlinkat(directory.fd(), in_passing, AT_REMOVEDIR) != 0 && errno != ENOENT) // a crash left it
        throw file_error("remove", there, errno);
    if (::mkdirat(directory.fd(), in_passing, 0700) != 0)
        throw file_error("make directory", there, errno);
    if (::renameat(directory.fd(), in_passing, m_directory.fd(), name.c_str()) != 0)
        throw file_error("rename " + there.string() + " to", full(name), errno);
    file const room{::openat(m_directory.fd(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)};
    if (!room)
        throw file_error("open directory", full(name), errno);
    m_rooms[top] = {std::move(name), rules};
}

staging::own_room const* staging::room_of(std::string_view path) const {
    if (m_rooms.empty() || is_below_private(path))
        return nullptr;
    auto found = m_rooms.find(path.substr(0, path.find('/')));
    if (found == m_rooms.end())
        found = m_rooms.find("");
    return found == m_rooms.end() ? nullptr : &found->second;
}

void staging::require_rename_into(tree const& t, std::string_view directory) const {
    auto const existing = t.open_existing(directory);
    auto const* const room = room_of(directory);
    require_rename(room ? room->rules.domain : m_rules.domain, rename_domain::of(existing.fd(), t.full(directory)),
                   t.full(directory));
}

std::string staging::name_for(std::string_view target) {
    auto const* const room = room_of(target);
    return room ? room->name + '/' + next_name() : next_name();
}

// What stays private is so while it waits, too.
file staging::create(std::string const& name, std::string_view target) const {
    unsigned const mode = is_below_private(target) ? private_mode(target).file : 0644;
    file f{::openat(m_directory.fd(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)};
    if (!f)
        throw file_error("create", full(name), errno);
    require_mode(f.fd(), mode, full(name));
    return f;
}

staged_file staging::write(std::string_view bytes, std::string target) {
    auto name = name_for(target);
    auto f = create(name, target);
    write_all(f.fd(), bytes, full(name));
    f.close(full(name).native());
    auto digest = digest_of(bytes, target);
    return {std::move(name), std::move(target), bytes.size(), digest};
}

std::optional<sha256_digest> staging::digest_of(std::string_view bytes, std::string_view target) const {
    return m_digests && !is_below_private(target) ? std::optional{sha256_of(bytes)} : std::nullopt;
}

staging::writer::writer(staging& s, std::string target)
    : m_staging{&s}, m_target{std::move(target)}, m_name{s.name_for(m_target)}, m_file{s.create(m_name, m_target)} {
    m_buffer.reserve(buffer_size);
}

void staging::writer::append(std::string_view bytes) {
    m_buffer += bytes;
    if (m_buffer.size() < buffer_size)
        return;
    write_all(m_file.fd(), m_buffer, m_staging->full(m_name));
    m_size += m_buffer.size();
    m_buffer.clear();
}

staged_file staging::writer::finish() {
    write_all(m_file.fd(), m_buffer, m_staging->full(m_name));
    m_size += m_buffer.size();
    m_file.close(m_staging->full(m_name).native());
    return {m_name, m_target, m_size, {}};
}

file staging::open(staged_file const& f) const {
    file opened{::openat(m_directory.fd(), f.name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    if (!opened)
        throw file_error("open", full(f.name), errno);
    return opened;
}

void staging::discard(staged_file const& f) const {
    if (::unlinkat(m_directory.fd(), f.name.c_str(), 0) != 0 && errno != ENOENT)
        throw file_error("remove", full(f.name), errno);
}

std::vector<std::string> staging::names() const {
    std::vector<std::string> found;
    list_files(m_directory, m_path, "", 0, found);
    return found;
}

void staging::clear() {
    m_rooms.clear();
    remove_contents(m_directory.fd(), m_path);
}

bool staging::in_place(tree const& t) const {
    return t.names(staging_path, m_directory.fd());
}

void staging::sync_all() const {
    if (::syncfs(m_directory.fd()) != 0)
        throw file_error("syncfs", m_path, errno);
}

void staging::make_durable(std::vector<staged_file> const& files) const {
    if (files.size() > sync_one_by_one)
        return sync_all();
    // Start all writes before waiting for the first: one journal commit then serves most of them.
    for (auto const& f : files)
        ::sync_file_range(open(f).fd(), 0, 0, SYNC_FILE_RANGE_WRITE);
    sync_together(
        files.size(), [&](std::size_t i) { return open(files[i]); },
        [&](std::size_t i) { return full(files[i].name); });
}

} // namespace notes_export
