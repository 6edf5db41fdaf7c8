#include "mirror/directory/everything.hpp"

#include "document/metadata.hpp"
#include "mirror/error.hpp"
#include "mirror/published_files.hpp"
#include "mirror/waiting_changes.hpp"
#include "pause.hpp"
#include "publish/twin_path.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>

namespace notes_export::mirror {

namespace {

using std::chrono::steady_clock;

constexpr std::size_t most_removed_at_once = 4'000;
constexpr std::size_t most_at_once = 64;
// A large publication comes in batches, and metadata.json says so until it is over.
constexpr std::chrono::minutes patience_with_publication{5};
constexpr std::chrono::milliseconds look_again{200};

} // namespace

// What came before it from the same place is no better.
void directory_everything::run(change_set const& changes) {
    try {
        copy_everything(changes);
    } catch (source_error const& e) {
        if (e.kind() == tree_source::implausible)
            m_to->end_first_copy();
        throw;
    }
}

void directory_everything::copy_everything(change_set const& changes) {
    auto const from = begin_copy(changes);
    std::vector<std::string> later;
    bool const listed = m_source->for_each_file(
        [&](std::string const& path, std::uint64_t) {
            if (m_ours->rank_of(path) == published_paths::rank::profile)
                copy_or_miss(path);
            else if (path != metadata::path)
                later.push_back(path);
        },
        *m_stop);
    if (!listed)
        throw source_error{"cannot_list", "the source cannot list its files, and " + changes.reason,
                           "the tree must list one complete generation first"};
    m_files->put_in_place();
    std::ranges::stable_sort(later, {}, [&](std::string const& path) { return m_ours->rank_of(path); });
    for (auto const& path : later)
        copy_or_miss(path);
    m_seen.sort();
    m_files->put_in_place();
    m_files->result().generation = catch_up(from);
    remove_rest();
    m_to->end_removals();
    warn_of_missing();
}

// One that is gone since it was listed is in a change list as well. A twin is looked for where one may be.
void directory_everything::copy_or_miss(std::string const& path) {
    bool const found = is_copied(path) || m_files->copy_unlisted(path);
    bool const may_lack = twin_at(path).has_value();
    if (found || !may_lack)
        m_seen.add(path);
    if (!found && !may_lack)
        m_missing.insert(path);
}

bool directory_everything::is_copied(std::string const& path) const {
    return m_goes_on && m_ours->rank_of(path) == published_paths::rank::profile && m_to->files().exists(path);
}

std::uint64_t directory_everything::begin_copy(change_set const& changes) {
    auto const begun = changes.from == 0 ? m_to->unfinished_first_copy() : std::nullopt;
    m_goes_on = begun && goes_on(*begun);
    m_source->need_only([this](std::string const& path) { return !is_copied(path); });
    if (m_goes_on)
        return begun->generation;
    m_to->end_first_copy();
    if (changes.from == 0 && !holds_files())
        m_to->begin_first_copy({changes.to, changes.export_date});
    return changes.to;
}

/// Is it one of this tree, and is all known that changed since?
bool directory_everything::goes_on(target_directory::first_copy const& begun) {
    auto const tree = m_source->state(*m_stop);
    if (!tree || begun.generation > tree->generation)
        return false;
    auto const list_of = [&](std::uint64_t g) { return m_source->changes(g, *m_stop); };
    try {
        auto const list = list_of(begun.generation);
        return list && list->export_date == begun.export_date &&
               !waiting_changes(begun.generation, *tree, *m_ours, list_of).everything;
    } catch (damaged_list const&) {
        return false;
    }
}

bool directory_everything::holds_files() const {
    bool any = false;
    for_each_published(
        m_to->files(), *m_ours, [&](std::string const&, struct stat const&) { any = true; }, *m_stop);
    return any;
}

// Behind HTTP, an index tells what there is.
void directory_everything::warn_of_missing() {
    std::erase_if(m_missing, [&](std::string const& path) { return m_added.contains(path) || m_gone.contains(path); });
    if (!m_missing.empty())
        m_files->result().warnings.push_back(
            std::to_string(m_missing.size()) + " files that the tree lists are not there, such as " +
            *m_missing.begin() + ": its publisher must mend it (osm-notes-exportd verify, once --full, there)");
}

std::uint64_t directory_everything::catch_up(std::uint64_t from) {
    auto const end = steady_clock::now() + patience_with_publication;
    for (;;) {
        auto const tree = m_source->state(*m_stop);
        if (!tree)
            throw moved_while_copied("its feed is gone");
        auto const more =
            waiting_changes(from, *tree, *m_ours, [&](std::uint64_t g) { return m_source->changes(g, *m_stop); });
        if (!more.warnings.empty())
            throw source_error{"bad_list", more.reason, "the next step goes on; its publisher must mend the feed"};
        if (more.everything)
            throw moved_while_copied(more.reason);
        if (copy_since(more)) {
            from = tree->generation;
            if (metadata_of(from))
                return from;
        }
        if (steady_clock::now() > end)
            throw moved_while_copied("generation " + std::to_string(from) +
                                     " has a successor that is still being published");
        pause(*m_stop, look_again);
    }
}

/// false: some of it is changed again already, which a list will say.
bool directory_everything::copy_since(change_set const& more) {
    bool all = true;
    std::span<listed_file const> rest{more.changed};
    if (!rest.empty() && rest.back().path == metadata::path)
        rest = rest.first(rest.size() - 1);
    while (!rest.empty()) {
        auto const some = rest.first(std::min(rest.size(), most_at_once));
        rest = rest.subspan(some.size());
        for (auto const& file : m_files->get_ready(some))
            all = m_files->fetch(file) && all;
        for (auto const& file : some) {
            m_added.insert(file.path);
            m_gone.erase(file.path);
        }
    }
    for (auto const& path : more.removed) {
        m_added.erase(path);
        m_gone.insert(path);
    }
    m_files->put_in_place();
    return all;
}

/// Is it that generation's, and no other one is on its way? Then it is in its place.
bool directory_everything::metadata_of(std::uint64_t generation) {
    auto const text = m_files->read_metadata();
    m_files->let_go();
    auto const found = metadata::parse(text);
    if (!found || found->generation != generation || found->publishing != 0)
        return false;
    m_to->begin_removals(0);
    m_to->end_first_copy(); // from here on others may have put there what is there
    m_files->keep_text(text, std::string{metadata::path});
    m_files->put_in_place();
    return true;
}

void directory_everything::remove_rest() {
    std::vector<std::string> rest;
    for_each_published(
        m_to->files(), *m_ours,
        [&](std::string const& path, struct stat const&) {
            bool const there = m_added.contains(path) || (m_seen.contains(path) && !m_gone.contains(path));
            if (!there && path != metadata::path)
                rest.push_back(path);
            if (rest.size() >= most_removed_at_once) {
                m_files->remove(std::move(rest), *m_ours);
                rest.clear();
            }
        },
        *m_stop);
    m_files->remove(std::move(rest), *m_ours);
}

} // namespace notes_export::mirror
