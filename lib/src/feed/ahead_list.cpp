#include "feed/ahead_list.hpp"

#include "feed/paths.hpp"
#include "files/hex.hpp"
#include "files/sha256.hpp"
#include "files/window.hpp"
#include "publish/private_directory.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace notes_export::feed {

namespace {

constexpr std::string_view word = "ahead ";
constexpr std::size_t header_size = 6 + 12 + 1 + 64 + 1; // "ahead 000000000042 HEX\n"
constexpr std::size_t digits_of_size = 12;
constexpr std::size_t window_size = 256 * 1024;
constexpr std::size_t largest_block = 256U << 20U;

std::string padded(std::uint64_t number) {
    auto text = std::to_string(number);
    return std::string(digits_of_size - text.size(), '0') + text;
}

std::optional<std::uint64_t> number_in(std::string_view text) {
    std::uint64_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional{number} : std::nullopt;
}

std::string line_of(ahead_entry const& e) {
    std::string line{static_cast<char>(e.what)};
    if (e.what == ahead_entry::kind::changed)
        line += ' ' + std::to_string(e.file.size) + ' ' + hex_of(e.file.sha256);
    return line + ' ' + e.file.path + '\n';
}

std::optional<ahead_entry> changed_in(std::string_view line) {
    auto const after_size = line.find(' ');
    auto const after_hash = line.find(' ', after_size + 1);
    if (after_size == std::string_view::npos || after_hash == std::string_view::npos)
        return std::nullopt;
    auto const size = number_in(line.substr(0, after_size));
    auto const digest = digest_of_hex(line.substr(after_size + 1, after_hash - after_size - 1));
    if (!size || !digest)
        return std::nullopt;
    return ahead_entry{ahead_entry::kind::changed, {std::string{line.substr(after_hash + 1)}, *size, *digest}};
}

/// Without the newline.
std::optional<ahead_entry> entry_in(std::string_view line) {
    if (line.size() < 3 || line[1] != ' ')
        return std::nullopt;
    auto const rest = line.substr(2);
    std::optional<ahead_entry> found;
    if (line[0] == static_cast<char>(ahead_entry::kind::changed))
        found = changed_in(rest);
    else if (line[0] == static_cast<char>(ahead_entry::kind::removed))
        found = ahead_entry{ahead_entry::kind::removed, {std::string{rest}, 0, {}}};
    else if (line[0] == static_cast<char>(ahead_entry::kind::looked_at))
        found = ahead_entry{ahead_entry::kind::looked_at, {std::string{rest}, 0, {}}};
    else if (line[0] == static_cast<char>(ahead_entry::kind::anything))
        found = ahead_entry{ahead_entry::kind::anything, {std::string{rest}, 0, {}}};
    return found && is_fit(found->file.path) ? std::move(found) : std::nullopt;
}

/// Size of the block whose header this is.
std::optional<std::pair<std::size_t, sha256_digest>> header_in(std::string_view bytes) {
    if (bytes.size() < header_size || !bytes.starts_with(word) || bytes[header_size - 1] != '\n')
        return std::nullopt;
    auto const size = number_in(bytes.substr(word.size(), digits_of_size));
    auto const digest = digest_of_hex(
        bytes.substr(word.size() + digits_of_size + 1, header_size - 1 - word.size() - digits_of_size - 1));
    if (!size || *size > largest_block || !digest)
        return std::nullopt;
    return std::pair{static_cast<std::size_t>(*size), *digest};
}

/// Calls for each entry of the whole blocks from `begin` on, and gives where the last one ends.
std::uint64_t read_blocks(int fd, std::filesystem::path const& path, std::uint64_t begin,
                          std::function<void(ahead_entry&&)> const& each) {
    file_window window{fd, path, window_size};
    for (auto at = begin;;) {
        auto const header = header_in(window.at(at, header_size));
        if (!header)
            return at;
        auto const payload = window.at(at + header_size, header->first).substr(0, header->first);
        if (payload.size() != header->first || sha256_of(payload) != header->second)
            return at;
        std::vector<ahead_entry> entries;
        for (std::size_t line = 0; line < payload.size();) {
            auto const end = std::min(payload.find('\n', line), payload.size());
            auto entry = entry_in(payload.substr(line, end - line));
            if (!entry)
                return at;
            entries.push_back(std::move(*entry));
            line = end + 1;
        }
        for (auto& entry : entries)
            each(std::move(entry));
        at += header_size + header->first;
    }
}

/// Nothing: there is none. A link, a FIFO, or what has other names as well is none of ours, and goes.
file open_ours(file const& directory, std::string const& name, std::filesystem::path const& path) {
    file found{::openat(directory.fd(), name.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    int const error = found ? 0 : errno;
    if (error == ENOENT)
        return found;
    if (error != 0 && error != ELOOP && error != ENXIO)
        throw file_error("open", path, error);
    struct stat info {};
    if (found && ::fstat(found.fd(), &info) != 0)
        throw file_error("stat", path, errno);
    if (found && S_ISREG(info.st_mode) && info.st_nlink == 1)
        return found;
    if (::unlinkat(directory.fd(), name.c_str(), 0) != 0)
        throw file_error("remove", path, errno);
    return {};
}

} // namespace

ahead_list::ahead_list(tree const& t) : m_path{t.full(ahead_path)} {
    std::vector<std::string> changed;
    auto const directory = t.make_directory(parent_of(ahead_path), changed);
    std::string const name{name_of(ahead_path)};
    make_way(t, ahead_path);
    m_file = open_ours(directory, name, m_path);
    if (m_file)
        return;
    open_new(directory, name);
    append({{ahead_entry::kind::anything, {"*", 0, {}}}});
    sync();
    fsync_or_throw(directory.fd(), t.full(parent_of(ahead_path)));
    for (auto const& d : changed)
        fsync_or_throw(t.open_directory(d).fd(), t.full(d));
}

void ahead_list::open_new(file const& directory, std::string const& name) {
    m_file = file{::openat(directory.fd(), name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!m_file)
        throw file_error("create", m_path, errno);
    m_end = 0;
}

void ahead_list::rewrite(tree const& t, content const& all) {
    if (m_fresh)
        return;
    std::vector<ahead_entry> entries;
    if (all.anything)
        entries.push_back({ahead_entry::kind::anything, {"*", 0, {}}});
    for (auto const& path : all.paths)
        entries.push_back({ahead_entry::kind::looked_at, {path, 0, {}}});
    auto const directory = t.open_directory(parent_of(ahead_path));
    std::string const name{name_of(ahead_path)};
    auto const next = name + ".new";
    auto const old = std::exchange(m_path, t.full(std::string{ahead_path} + ".new")); // for errors, as long as it is so
    if (::unlinkat(directory.fd(), next.c_str(), 0) != 0 && errno != ENOENT)
        throw file_error("remove", m_path, errno);
    open_new(directory, next);
    append(entries);
    sync();
    if (::renameat(directory.fd(), next.c_str(), directory.fd(), name.c_str()) != 0)
        throw file_error("rename " + next + " to", old, errno);
    m_path = old;
    fsync_or_throw(directory.fd(), t.full(parent_of(ahead_path)));
    m_fresh = true;
}

bool ahead_list::in_place(tree const& t) const {
    return t.names(ahead_path, m_file.fd());
}

ahead_list::content ahead_list::read() {
    content found;
    m_end = read_blocks(m_file.fd(), m_path, 0, [&](ahead_entry&& e) {
        if (e.what == ahead_entry::kind::anything)
            found.anything = true;
        else
            found.paths.push_back(std::move(e.file.path));
    });
    struct stat info {};
    if (::fstat(m_file.fd(), &info) != 0)
        throw file_error("stat", m_path, errno);
    if (static_cast<std::uint64_t>(info.st_size) != m_end && ::ftruncate(m_file.fd(), static_cast<off_t>(m_end)) != 0)
        throw file_error("truncate", m_path, errno);
    std::ranges::sort(found.paths);
    found.paths.erase(std::unique(found.paths.begin(), found.paths.end()), found.paths.end());
    return found;
}

void ahead_list::for_each_from(std::uint64_t begin, std::function<void(ahead_entry const&)> const& each) const {
    if (begin < m_end && read_blocks(m_file.fd(), m_path, begin, each) < m_end)
        throw file_error("read (it is damaged)", m_path, EIO);
}

void ahead_list::append(std::vector<ahead_entry> const& entries) {
    if (entries.empty())
        return;
    std::string payload;
    for (auto const& e : entries)
        payload += line_of(e);
    auto const block = std::string{word} + padded(payload.size()) + ' ' + hex_of(sha256_of(payload)) + '\n' + payload;
    if (::lseek(m_file.fd(), static_cast<off_t>(m_end), SEEK_SET) < 0)
        throw file_error("seek in", m_path, errno);
    write_all(m_file.fd(), block, m_path);
    m_end += block.size();
    m_fresh = false;
}

void ahead_list::sync() const {
    fsync_or_throw(m_file.fd(), m_path);
}

file ahead_list::duplicate() const {
    file copy{::fcntl(m_file.fd(), F_DUPFD_CLOEXEC, 0)};
    if (!copy)
        throw file_error("open", m_path, errno);
    return copy;
}

void ahead_list::clear() {
    if (::ftruncate(m_file.fd(), 0) != 0)
        throw file_error("truncate", m_path, errno);
    m_end = 0;
}

} // namespace notes_export::feed
