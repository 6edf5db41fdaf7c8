#include "mirror/directory_step.hpp"

#include "document/metadata.hpp"
#include "mirror/error.hpp"
#include "mirror/piecewise_comparison.hpp"
#include "mirror/published_files.hpp"
#include "mirror/waiting_changes.hpp"
#include "notes_export/error.hpp"
#include "pause.hpp"
#include "publish/twin_path.hpp"

#include <algorithm>
#include <optional>

namespace notes_export::mirror {

namespace {

using std::chrono::steady_clock;

constexpr std::size_t most_waiting = 4'000;
constexpr std::uint64_t most_waiting_bytes = 64U << 20;
constexpr std::chrono::milliseconds longest_hold{500};
// It asks again and again whether it may publish, see lock_file.cpp.
constexpr std::chrono::milliseconds turn_of_exporter{50};
constexpr std::size_t longest_metadata = 1U << 20;
// A large publication comes in batches, and metadata.json says so until it is over.
constexpr std::chrono::minutes patience_with_publication{5};
constexpr std::chrono::milliseconds look_again{200};

source_error moved_on(std::string const& what) {
    return {"moved", what + ": the tree moved on while it was copied", "nothing: the step is begun again"};
}

std::optional<struct stat> regular(file const& f, std::filesystem::path const& path) {
    struct stat info {};
    if (!f)
        return std::nullopt;
    if (::fstat(f.fd(), &info) != 0)
        throw file_error("stat", path, errno);
    return S_ISREG(info.st_mode) ? std::optional{info} : std::nullopt;
}

} // namespace

step_result directory_step::run(change_set const& changes) {
    m_result.generation = changes.to;
    if (changes.everything)
        copy_everything(changes);
    else
        copy_listed(changes);
    return std::move(m_result);
}

void directory_step::copy_listed(change_set const& changes) {
    std::optional<published_paths::rank> now;
    for (auto const& file : changes.changed) {
        if (auto const rank = m_ours->rank_of(file.path); rank != now) {
            put_in_place(); // all of one rank, before the first of the next
            now = rank;
        }
        copy(file);
    }
    if (changes.removed.empty())
        return put_in_place();
    m_to->begin_removals(changes.from);
    put_in_place();
    remove(changes.removed);
    m_to->end_removals();
}

void directory_step::copy_everything(change_set const& changes) {
    std::vector<std::string> later;
    bool const listed = m_source->for_each_file(
        [&](std::string const& path, std::uint64_t) {
            m_seen.add(path);
            if (m_ours->rank_of(path) == published_paths::rank::profile)
                copy_unlisted(path);
            else if (path != metadata::path)
                later.push_back(path);
        },
        *m_stop);
    if (!listed)
        throw source_error{"cannot_list", "the source cannot list its files, and " + changes.reason,
                           "the tree must list one complete generation first"};
    m_seen.sort();
    put_in_place();
    std::ranges::stable_sort(later, {}, [&](std::string const& path) { return m_ours->rank_of(path); });
    for (auto const& path : later)
        copy_unlisted(path);
    put_in_place();
    m_result.generation = catch_up(changes.to);
    remove_rest();
    m_to->end_removals();
}

std::uint64_t directory_step::catch_up(std::uint64_t from) {
    auto const end = steady_clock::now() + patience_with_publication;
    for (;;) {
        auto const tree = m_source->state(*m_stop);
        if (!tree)
            throw moved_on("its feed is gone");
        auto const more =
            waiting_changes(from, *tree, *m_ours, [&](std::uint64_t g) { return m_source->changes(g, *m_stop); });
        if (more.everything)
            throw moved_on(more.reason);
        if (copy_since(more)) {
            from = tree->generation;
            if (metadata_of(from))
                return from;
        }
        if (steady_clock::now() > end)
            throw moved_on("generation " + std::to_string(from) + " has a successor that is still being published");
        pause(*m_stop, look_again);
    }
}

/// false: some of it is changed again already, which a list will say.
bool directory_step::copy_since(change_set const& more) {
    bool all = true;
    for (auto const& file : more.changed)
        if (file.path != metadata::path) {
            all = copy_if_so(file) && all;
            m_added.insert(file.path);
            m_gone.erase(file.path);
        }
    for (auto const& path : more.removed) {
        m_added.erase(path);
        m_gone.insert(path);
    }
    put_in_place();
    return all;
}

/// Is it that generation's, and no other one is on its way? Then it is in its place.
bool directory_step::metadata_of(std::uint64_t generation) {
    std::string text;
    hold_for_a_while();
    std::string const path{metadata::path};
    m_source->read(
        path,
        [&](std::string_view piece) {
            if (text.size() + piece.size() <= longest_metadata)
                text += piece;
        },
        *m_stop);
    let_go();
    auto const found = metadata::parse(text);
    if (!found || found->generation != generation || found->publishing != 0)
        return false;
    m_to->begin_removals(0);
    if (m_to->files().compare(path, text) == tree::comparison::equal)
        return true;
    auto s = m_to->begin();
    s.add(text);
    keep(std::move(s), path);
    put_in_place();
    return true;
}

void directory_step::remove_rest() {
    std::vector<std::string> rest;
    for_each_published(
        m_to->files(), *m_ours,
        [&](std::string const& path, struct stat const&) {
            bool const there = m_added.contains(path) || (m_seen.contains(path) && !m_gone.contains(path));
            if (!there && path != metadata::path)
                rest.push_back(path);
            if (rest.size() >= most_waiting) {
                remove(rest);
                rest.clear();
            }
        },
        *m_stop);
    remove(rest);
}

bool directory_step::is_equal(listed_file const& file) const {
    auto const& target = m_to->files();
    auto const open = target.open_file(file.path);
    auto const info = regular(open, target.full(file.path));
    if (!info || static_cast<std::uint64_t>(info->st_size) != file.size)
        return false;
    return sha256_of(open.fd(), target.full(file.path)).sha256 == file.sha256;
}

void directory_step::copy(listed_file const& file) {
    if (!copy_if_so(file))
        throw moved_on(file.path + " is not what its change list says");
}

/// false: it is another one, or gone. What an earlier attempt, or an earlier generation, has brought is left.
bool directory_step::copy_if_so(listed_file const& file) {
    check_stop();
    if (is_equal(file))
        return true;
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

bool directory_step::is_equal_to_source(std::string const& path) const {
    auto const& target = m_to->files();
    auto const open = target.open_file(path);
    if (!regular(open, target.full(path)))
        return false;
    piecewise_comparison both{open, target.full(path)};
    return m_source->read(
               path, [&](std::string_view piece) { both.add(piece); }, *m_stop) &&
           both.is_equal();
}

// One that is gone since it was listed is in a change list as well.
void directory_step::copy_unlisted(std::string const& path) {
    check_stop();
    hold_for_a_while();
    if (is_equal_to_source(path))
        return;
    auto s = m_to->begin();
    bool const found = m_source->read(
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
}

void directory_step::keep(target_directory::staged s, std::string const& path) {
    bool const much = m_to->waiting() >= most_waiting || m_waiting_bytes >= most_waiting_bytes;
    if (much && !twin_at(path)) // which comes with its file
        put_in_place();
    m_result.bytes += s.size();
    m_waiting_bytes += s.size();
    ++m_result.written;
    m_result.note_changed(path);
    m_to->keep(std::move(s), path);
}

void directory_step::put_in_place() {
    let_go(); // the disk of the target may be slow
    m_to->replace_all();
    m_waiting_bytes = 0;
}

void directory_step::remove(std::vector<std::string> const& paths) {
    check_stop();
    m_result.removed += m_to->remove(paths);
    for (auto const& path : paths)
        m_result.note_changed(path);
}

void directory_step::hold_for_a_while() {
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

void directory_step::check_stop() const {
    if (m_stop->stop_requested())
        throw cancelled{};
}

} // namespace notes_export::mirror
