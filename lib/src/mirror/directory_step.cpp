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
constexpr std::size_t most_at_once = 64;
constexpr std::size_t longest_metadata = 1U << 20;
// A large publication comes in batches, and metadata.json says so until it is over.
constexpr std::chrono::minutes patience_with_publication{5};
constexpr std::chrono::milliseconds look_again{200};

source_error moved_on(std::string const& what) {
    return {"moved", what + ": the tree moved on while it was copied", "nothing: the step is begun again"};
}

source_error bad_list(std::uint64_t generation, std::string const& what) {
    return {"bad_list", "the change list of generation " + std::to_string(generation) + ' ' + what,
            "its publisher must mend the feed (osm-notes-exportd once --full, there)"};
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
    require_metadata(changes);
    for (std::span<listed_file const> rest{changes.changed}; !rest.empty();) {
        auto const rank = m_ours->rank_of(rest.front().path);
        auto const other = [&](listed_file const& f) { return m_ours->rank_of(f.path) != rank; };
        auto const end = std::ranges::find_if(rest.first(std::min(rest.size(), most_at_once)), other);
        auto const some = rest.first(static_cast<std::size_t>(end - rest.begin()));
        rest = rest.subspan(some.size());
        if (rank == published_paths::rank::metadata)
            break; // last, see require_metadata()
        copy_some(some);
        if (m_ours->rank_of(rest.front().path) != rank)
            put_in_place(); // all of one rank, before the first of the next
    }
    copy_metadata(changes);
    if (changes.removed.empty())
        return put_in_place();
    m_to->begin_removals(changes.from);
    put_in_place();
    remove(changes.removed);
    m_to->end_removals();
}

void directory_step::copy_some(std::span<listed_file const> files) {
    for (auto const& file : get_ready(files))
        if (!fetch(file)) {
            m_source->judge(file, *m_stop);
            throw moved_on(file.path + " is not what its change list says");
        }
}

// What an earlier attempt, or an earlier generation, has brought is left.
std::vector<listed_file> directory_step::get_ready(std::span<listed_file const> files) {
    std::vector<listed_file> needed;
    for (auto const& file : files) {
        check_stop();
        if (!is_equal(file))
            needed.push_back(file);
    }
    m_source->prepare(needed, *m_stop);
    return needed;
}

/// It is where the next step begins: it must be what the lists promise.
void directory_step::copy_metadata(change_set const& changes) {
    auto const& listed = changes.changed.back();
    auto const text = read_metadata();
    if (text.size() != listed.size || sha256_of(text) != listed.sha256) {
        m_source->judge(listed, *m_stop);
        throw moved_on(listed.path + " is not what its change list says");
    }
    auto const found = metadata::parse(text);
    if (!found || found->generation != changes.to)
        throw bad_list(changes.to, "names a metadata.json that is not of that generation");
    keep_text(text, listed.path);
}

void directory_step::keep_text(std::string const& text, std::string const& path) {
    if (m_to->files().compare(path, text) == tree::comparison::equal)
        return;
    auto s = m_to->begin();
    s.add(text);
    keep(std::move(s), path);
}

std::string directory_step::read_metadata() {
    std::string text;
    hold_for_a_while();
    m_source->read(
        std::string{metadata::path},
        [&](std::string_view piece) {
            if (text.size() + piece.size() <= longest_metadata)
                text += piece;
        },
        *m_stop);
    return text;
}

void directory_step::require_metadata(change_set const& changes) const {
    if (changes.changed.empty() || changes.changed.back().path != metadata::path)
        throw bad_list(changes.to, "does not name metadata.json");
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
    warn_of_missing();
}

// Behind HTTP, an index tells what there is.
void directory_step::warn_of_missing() {
    std::erase_if(m_missing, [&](std::string const& path) { return m_added.contains(path) || m_gone.contains(path); });
    if (!m_missing.empty())
        m_result.warnings.push_back(std::to_string(m_missing.size()) +
                                    " files that the tree lists are not there, such as " + *m_missing.begin() +
                                    ": its publisher must mend it (osm-notes-exportd verify, once --full, there)");
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
    std::span<listed_file const> rest{more.changed};
    if (!rest.empty() && rest.back().path == metadata::path)
        rest = rest.first(rest.size() - 1);
    while (!rest.empty()) {
        auto const some = rest.first(std::min(rest.size(), most_at_once));
        rest = rest.subspan(some.size());
        for (auto const& file : get_ready(some))
            all = fetch(file) && all;
        for (auto const& file : some) {
            m_added.insert(file.path);
            m_gone.erase(file.path);
        }
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
    auto const text = read_metadata();
    let_go();
    auto const found = metadata::parse(text);
    if (!found || found->generation != generation || found->publishing != 0)
        return false;
    m_to->begin_removals(0);
    keep_text(text, std::string{metadata::path});
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

/// false: it is another one, or gone.
bool directory_step::fetch(listed_file const& file) {
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
        return keep(std::move(s), path);
    m_to->discard(std::move(s));
    m_missing.insert(path);
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
