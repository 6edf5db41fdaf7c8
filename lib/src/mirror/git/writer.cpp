#include "mirror/git/writer.hpp"

#include "document/metadata.hpp"
#include "files/sha256.hpp"
#include "mirror/error.hpp"
#include "mirror/waiting_changes.hpp"
#include "notes_export/error.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <map>

namespace notes_export::mirror {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t most_in_memory = std::uint64_t{1} * 1024 * 1024;
constexpr std::size_t most_schema = std::size_t{4} * 1024 * 1024;

tree_moved_on moved_on(std::string const& path, std::string const& why) {
    return tree_moved_on{"the tree moved on while it was read: " + path + ' ' + why};
}

/// Of 2026-05-01T12:00:00Z; now when it is no such date.
std::int64_t time_of(std::string const& date) {
    std::tm parts{};
    auto const* const end = ::strptime(date.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    if (end != nullptr && *end == '\0')
        return ::timegm(&parts);
    return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
}

std::string megabytes(std::uint64_t bytes) {
    return std::to_string(bytes / 1'000'000) + " MB";
}

std::string message_of(change_set const& changes) {
    auto const number = std::to_string(changes.to);
    std::string text = "Generation " + number;
    if (changes.everything)
        text += ": compared as a whole";
    else
        text += ": " + std::to_string(changes.changed.size()) + " files changed, " +
                std::to_string(changes.removed.size()) + " removed";
    return text + "\n\nExported " + changes.export_date + ", data format " + changes.version +
           ".\n\nGeneration: " + number + '\n';
}

std::map<std::string, std::string> schemas_in(fs::path const& directory) {
    std::map<std::string, std::string> found;
    for (auto const& entry : fs::directory_iterator{directory}) {
        auto const name = entry.path().filename().string();
        if (!name.ends_with(".schema.json"))
            continue;
        file const f{::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
        if (!f)
            throw file_error{"open", entry.path(), errno};
        if (auto text = read_rest(f.fd(), most_schema, entry.path()))
            found.emplace(name, std::move(*text));
    }
    return found;
}

/// The tree as it is while nothing is published: which generation, and that it is whole.
feed_state settled_state(tree_source& source, std::stop_token const& stop) {
    auto const state = source.state(stop);
    std::string text;
    bool const there = source.read(
        std::string{metadata::path}, [&](std::string_view piece) { text += piece; }, stop);
    auto const said = there ? metadata::parse(text) : std::nullopt;
    if (!state || !said || said->generation != state->generation || said->publishing != 0)
        throw moved_on("metadata.json", "is of a publication that is not complete");
    return *state;
}

} // namespace

std::string git_writer::place(std::string const& path) const {
    return m_options.directory.empty() ? path : m_options.directory + '/' + path;
}

void git_writer::check_size(std::string const& path, std::uint64_t size, step_result& result) const {
    if (size > m_options.refuse_size)
        throw mirror_error{"too_large",
                           "cannot put " + path + " into git: it has " + megabytes(size) + ", and more than " +
                               megabytes(m_options.refuse_size) + " is refused by GitHub and others",
                           "Set [export] index_max_size lower, or mirror to another kind of target."};
    if (size > m_options.warn_size)
        result.warnings.push_back(path + " has " + megabytes(size) + ": GitHub warns above " +
                                  megabytes(m_options.warn_size) + ", and refuses above " +
                                  megabytes(m_options.refuse_size) + "; see [export] index_max_size");
}

git_import::commit git_writer::commit(git_step const& step, std::optional<git_object_id> const& from) const {
    auto time = time_of(step.changes.export_date);
    // A clock that was set back must not make a history that git walks wrongly.
    if (auto const before = from ? m_repository.commit(*from, step.stop) : std::nullopt)
        time = std::max(time, before->committed);
    return {git_repository::next_ref, message_of(step.changes), time, from, std::nullopt};
}

git_object_id git_writer::changes(git_object_id const& base, git_step const& step) const {
    for (auto const& file : step.changes.changed)
        check_size(file.path, file.size, step.result);
    git_import import{m_git, step.stop};
    import.begin(commit(step, base));
    for (auto const& file : step.changes.changed)
        write_listed(file, import, step);
    for (auto const& path : step.changes.removed)
        remove(path, import, step);
    write_schemas(base, import, step.stop);
    return import.finish();
}

git_object_id git_writer::everything(std::optional<git_object_id> const& base, git_step const& step) const {
    auto const begun = step.source.state(step.stop);
    if (!begun)
        throw moved_on("the feed", "is not there any more");
    auto there = base ? list(*base, step.stop) : git_listing{};
    git_import import{m_git, step.stop};
    // A draft first: which generation it becomes is known only at the end.
    auto draft = commit(step, base);
    import.begin(draft);
    compare_all(there, import, step);
    draft.tree = import.tree();
    auto const still = step.source.keep_still(step.stop);
    auto const state = settled_state(step.source, step.stop);
    step.changes.to = state.generation;
    step.changes.export_date = state.export_date;
    auto final = commit(step, base);
    final.tree = draft.tree;
    import.begin(final);
    if (base)
        m_repository.for_each_file(
            *base, m_options.directory,
            [&](tree_entry const& e) {
                if (m_ours.contains(e.path) && !there.asked_for(e.path))
                    remove(e.path, import, step);
            },
            step.stop);
    catch_up(begun->generation, import, step);
    write_schemas(base, import, step.stop);
    return import.finish();
}

git_object_id git_writer::put_on_top(git_object_id const& head, git_object_id const& next, git_step const& step) const {
    git_import import{m_git, step.stop};
    import.begin(commit(step, head));
    m_repository.for_each_change(
        head, next, m_options.directory,
        [&](tree_entry const& e) {
            if (!m_ours.contains(e.path))
                return;
            if (e.is_file())
                import.file(place(e.path), e.mode, e.id);
            else
                import.remove(place(e.path));
        },
        step.stop);
    write_schemas(head, import, step.stop);
    return import.finish();
}

git_object_id git_writer::anew(git_object_id const& next, git_step const& step) const {
    auto const facts = m_repository.commit(next, step.stop);
    if (!facts)
        throw mirror_error{"git", "cannot begin the branch anew: its commit is not there", ""};
    git_import import{m_git, step.stop};
    // Behind no other one, it need not be of the time to come that a wrong clock may have given the one before.
    import.begin({git_repository::next_ref, message_of(step.changes), std::time(nullptr), std::nullopt, facts->tree});
    return import.finish();
}

git_listing git_writer::list(git_object_id const& commit, std::stop_token const& stop) const {
    git_listing found;
    m_repository.for_each_file(
        commit, m_options.directory,
        [&](tree_entry const& e) {
            // What is a link or a submodule is none of ours, but in the way: it never is equal.
            if (m_ours.contains(e.path))
                found.add(e.path, e.is_file() ? e.id : git_object_id{});
        },
        stop);
    found.sort();
    return found;
}

std::optional<git_object_id> git_writer::hash_of(tree_source& source, std::string const& path, std::uint64_t size,
                                                 std::string* keep, std::stop_token const& stop) {
    git_blob_hash hash{size};
    std::uint64_t read = 0;
    bool const there = source.read(
        path,
        [&](std::string_view piece) {
            hash.add(piece);
            read += piece.size();
            if (keep != nullptr)
                *keep += piece;
        },
        stop);
    if (!there)
        return std::nullopt;
    // It was replaced between the listing and the reading: the hash is of nothing.
    return read == size ? hash.finish() : git_object_id{};
}

std::optional<git_object_id> git_writer::hash_of(tree_source& source, std::string const& path,
                                                 std::stop_token const& stop) {
    std::uint64_t size = 0;
    bool const there = source.read(
        path, [&](std::string_view piece) { size += piece.size(); }, stop);
    return there ? hash_of(source, path, size, nullptr, stop) : std::nullopt;
}

/// What is replaced or removed meanwhile is in the list of a later generation, and is put right by catch_up().
void git_writer::compare_all(git_listing& there, git_import& import, git_step const& step) const {
    std::string bytes;
    auto const look = [&](std::string const& path, std::uint64_t size) {
        check_size(path, size, step.result);
        bool const small = size <= most_in_memory;
        bytes.clear();
        auto const known = there.find(path);
        auto const id = hash_of(step.source, path, size, small ? &bytes : nullptr, step.stop);
        if (!id || (known && *id == *known))
            return;
        if (small)
            write_whole(path, bytes, import, step);
        else
            write_large(path, size, import, step);
    };
    if (!step.source.for_each_file(look, step.stop))
        throw source_error{"no_listing", "the tree cannot be compared as a whole: its files cannot be listed", ""};
}

void git_writer::write_whole(std::string const& path, std::string const& bytes, git_import& import,
                             git_step const& step) const {
    import.file(place(path), bytes.size());
    import.add(bytes);
    import.end_file();
    ++step.result.written;
    step.result.note_changed(path);
}

void git_writer::write_large(std::string const& path, std::uint64_t size, git_import& import,
                             git_step const& step) const {
    import.file(place(path), size);
    std::uint64_t written = 0;
    step.source.read(
        path,
        [&](std::string_view piece) {
            written += piece.size();
            if (written > size)
                throw moved_on(path, "was replaced");
            import.add(piece);
        },
        step.stop);
    if (written != size)
        throw moved_on(path, "was replaced");
    import.end_file();
    ++step.result.written;
    step.result.note_changed(path);
}

void git_writer::write_listed(listed_file const& listed, git_import& import, git_step const& step) const {
    import.file(place(listed.path), listed.size);
    sha256 hash;
    std::uint64_t written = 0;
    bool const there = step.source.read(
        listed.path,
        [&](std::string_view piece) {
            written += piece.size();
            if (written > listed.size)
                throw moved_on(listed.path, "is longer than the feed says");
            hash.add(piece);
            import.add(piece);
        },
        step.stop);
    if (!there)
        throw moved_on(listed.path, "is not there any more");
    if (written != listed.size || hash.finish() != listed.sha256)
        throw moved_on(listed.path, "is not what the feed says");
    import.end_file();
    ++step.result.written;
    step.result.note_changed(listed.path);
}

void git_writer::remove(std::string const& path, git_import& import, git_step const& step) const {
    import.remove(place(path));
    ++step.result.removed;
    step.result.note_changed(path);
}

/// What was published while all was compared. Nothing is published now.
void git_writer::catch_up(std::uint64_t from, git_import& import, git_step const& step) const {
    feed_state const now{.generation = step.changes.to, .oldest = 0, .export_date = step.changes.export_date};
    auto const more = waiting_changes(
        from, now, m_ours, [&](std::uint64_t generation) { return step.source.changes(generation, step.stop); });
    if (more.everything)
        throw moved_on("the feed", "does not say what changed: " + more.reason);
    for (auto const& file : more.changed) {
        check_size(file.path, file.size, step.result);
        write_listed(file, import, step);
    }
    for (auto const& path : more.removed)
        remove(path, import, step);
}

void git_writer::write_schemas(std::optional<git_object_id> const& on, git_import& import,
                               std::stop_token const& stop) const {
    if (m_options.schemas.empty())
        return;
    std::map<std::string, git_object_id> there;
    if (on)
        m_repository.for_each_file(
            *on, m_options.schemas, [&](tree_entry const& e) { there.emplace(e.path, e.id); }, stop);
    for (auto const& [name, text] : schemas_in(m_options.schema_source)) {
        auto const known = there.find(name);
        if (known != there.end() && known->second == git_blob_hash::of(text))
            continue;
        import.file(m_options.schemas + '/' + name, text.size());
        import.add(text);
        import.end_file();
    }
}

} // namespace notes_export::mirror
