#include "mirror/directory/file_copier.hpp"

#include "document/metadata.hpp"
#include "mirror/directory/piecewise_comparison.hpp"
#include "notes_export/error.hpp"
#include "pause.hpp"
#include "publish/twin_path.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <sys/stat.h>
#include <utility>

namespace notes_export::mirror {

namespace {

using std::chrono::steady_clock;

constexpr std::size_t most_waiting = 4'000;
constexpr std::uint64_t most_waiting_bytes = 64U << 20;
constexpr std::chrono::milliseconds longest_hold{500};
// It asks again and again whether it may publish, see lock_file.cpp.
constexpr std::chrono::milliseconds turn_of_exporter{50};

std::optional<struct stat> regular(file const& f, std::filesystem::path const& path) {
    struct stat info {};
    if (!f)
        return std::nullopt;
    if (::fstat(f.fd(), &info) != 0)
        throw file_error("stat", path, errno);
    return S_ISREG(info.st_mode) ? std::optional{info} : std::nullopt;
}

} // namespace

tree_moved_on moved_while_copied(std::string const& what) {
    return tree_moved_on{what + ": the tree moved on while it was copied", "nothing: the step is begun again"};
}

std::vector<listed_file> file_copier::get_ready(std::span<listed_file const> files) {
    std::vector<listed_file> needed;
    for (auto const& file : files) {
        check_stop();
        if (comes_with_its_file(file.path, needed) || !is_equal(file))
            needed.push_back(file);
    }
    m_source->prepare(needed, *m_stop);
    return needed;
}

bool file_copier::comes_with_its_file(std::string_view path, std::vector<listed_file> const& needed) const {
    auto const twin = twin_at(path);
    auto const last = needed.size() > 1 ? needed.end() - 2 : needed.begin();
    return m_to->replaces_file_of(path) ||
           (twin && std::any_of(last, needed.end(), [&](listed_file const& f) { return f.path == twin->of; }));
}

bool file_copier::is_equal(listed_file const& file) const {
    auto const& target = m_to->files();
    auto const open = target.open_file(file.path);
    auto const info = regular(open, target.full(file.path));
    if (!info || static_cast<std::uint64_t>(info->st_size) != file.size)
        return false;
    return sha256_of(open.fd(), target.full(file.path)).sha256 == file.sha256;
}

bool file_copier::fetch(listed_file const& file) {
    hold_for_a_while();
    auto s = m_to->begin();
    std::uint64_t size = 0; // others may have put anything there
    m_source->read(
        file.path,
        [&](std::string_view piece) {
            check_stop();
            size += piece.size();
            if (size <= file.size)
                s.add(piece);
        },
        *m_stop);
    if (size != file.size || s.digest() != file.sha256) {
        m_to->discard(std::move(s));
        return false;
    }
    keep(std::move(s), file.path);
    return true;
}

bool file_copier::is_equal_to_source(std::string const& path) const {
    auto const& target = m_to->files();
    auto const open = target.open_file(path);
    if (!regular(open, target.full(path)))
        return false;
    piecewise_comparison both{open, target.full(path)};
    return m_source->read_unlisted(
               path, [&](std::string_view piece) { both.add(piece); }, *m_stop) &&
           both.is_equal();
}

bool file_copier::copy_unlisted(std::string const& path) {
    check_stop();
    hold_for_a_while();
    if (!m_to->replaces_file_of(path) && is_equal_to_source(path))
        return true;
    auto s = m_to->begin();
    bool const found = m_source->read_unlisted(
        path,
        [&](std::string_view piece) {
            check_stop();
            s.add(piece);
        },
        *m_stop);
    if (found)
        keep(std::move(s), path);
    else
        m_to->discard(std::move(s));
    return found;
}

std::string file_copier::read_metadata() {
    std::string text;
    hold_for_a_while();
    m_source->read(
        std::string{metadata::path},
        [&](std::string_view piece) {
            if (text.size() + piece.size() <= metadata::longest)
                text += piece;
        },
        *m_stop);
    return text;
}

void file_copier::keep_text(std::string const& text, std::string const& path) {
    if (m_to->files().compare(path, text) == tree::comparison::equal)
        return;
    auto s = m_to->begin();
    s.add(text);
    keep(std::move(s), path);
}

void file_copier::keep(target_directory::staged s, std::string const& path) {
    bool const much = m_to->waiting() >= most_waiting || m_waiting_bytes >= most_waiting_bytes;
    if (much && !twin_at(path)) // which comes with its file
        put_in_place();
    m_result->bytes += s.size();
    m_waiting_bytes += s.size();
    ++m_result->written;
    m_result->note_changed(path);
    m_to->keep(std::move(s), path);
}

void file_copier::put_in_place() {
    let_go(); // the disk of the target may be slow
    m_to->replace_all();
    m_waiting_bytes = 0;
}

void file_copier::remove(std::vector<std::string> paths, published_paths const& ours) {
    auto const indexes = ours.put_indexes_first(paths);
    auto const profiles = paths.begin() + static_cast<std::ptrdiff_t>(indexes);
    remove({paths.begin(), profiles});
    remove({profiles, paths.end()});
}

void file_copier::remove(std::vector<std::string> const& paths) {
    check_stop();
    m_result->removed += m_to->remove(paths);
    for (auto const& path : paths)
        m_result->note_changed(path);
}

void file_copier::hold_for_a_while() {
    auto const now = steady_clock::now();
    if (m_hold && now - m_held_since < longest_hold)
        return;
    if (m_hold) {
        m_hold.reset();
        pause(*m_stop, turn_of_exporter);
    }
    m_hold = m_source->keep_still(*m_stop);
    m_held_since = steady_clock::now();
}

void file_copier::check_stop() const {
    if (m_stop->stop_requested())
        throw cancelled{};
}

} // namespace notes_export::mirror
