#include "mirror/directory/step.hpp"

#include "document/metadata.hpp"
#include "mirror/directory/everything.hpp"
#include "mirror/error.hpp"

#include <algorithm>

namespace notes_export::mirror {

namespace {

constexpr std::size_t most_at_once = 64;

source_error bad_list(std::uint64_t generation, std::string const& what) {
    return {"bad_list", "the change list of generation " + std::to_string(generation) + ' ' + what,
            "its publisher must mend the feed (osm-notes-exportd once --full, there)"};
}

void require_metadata(change_set const& changes) {
    if (changes.changed.empty() || changes.changed.back().path != metadata::path)
        throw bad_list(changes.to, "does not name metadata.json");
}

} // namespace

void directory_step::run(change_set const& changes) {
    m_files.result().generation = changes.to;
    m_files.result().warnings = changes.warnings;
    if (changes.everything)
        directory_everything{m_files, *m_to, *m_ours, *m_source, *m_stop}.run(changes);
    else
        copy_listed(changes);
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
            m_files.put_in_place(); // all of one rank, before the first of the next
    }
    copy_metadata(changes);
    if (changes.removed.empty())
        return m_files.put_in_place();
    m_to->begin_removals(changes.from);
    m_files.put_in_place();
    m_files.remove(changes.removed, *m_ours);
    m_to->end_removals();
}

void directory_step::copy_some(std::span<listed_file const> files) {
    for (auto const& file : m_files.get_ready(files))
        if (!m_files.fetch(file)) {
            m_source->judge(file, *m_stop);
            throw moved_while_copied(file.path + " is not what its change list says");
        }
}

/// It is where the next step begins: it must be what the lists promise.
void directory_step::copy_metadata(change_set const& changes) {
    auto const& listed = changes.changed.back();
    auto const text = m_files.read_metadata();
    if (text.size() != listed.size || sha256_of(text) != listed.sha256) {
        m_source->judge(listed, *m_stop);
        throw moved_while_copied(listed.path + " is not what its change list says");
    }
    auto const found = metadata::parse(text);
    if (!found || found->generation != changes.to)
        throw bad_list(changes.to, "names a metadata.json that is not of that generation");
    m_files.keep_text(text, listed.path);
}

} // namespace notes_export::mirror
