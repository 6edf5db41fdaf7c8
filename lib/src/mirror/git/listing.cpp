#include "mirror/git/listing.hpp"

#include <algorithm>

namespace notes_export::mirror {

git_listing::key git_listing::key_of(std::string_view path) {
    auto const id = git_blob_hash::of(path);
    key k{};
    std::copy_n(id.bytes.begin(), k.size(), k.begin());
    return k;
}

void git_listing::add(std::string_view path, git_object_id const& id) {
    m_entries.push_back({key_of(path), id});
}

void git_listing::sort() {
    std::sort(m_entries.begin(), m_entries.end(), [](entry const& a, entry const& b) { return a.path < b.path; });
}

std::vector<git_listing::entry>::const_iterator git_listing::place_of(std::string_view path) const {
    auto const k = key_of(path);
    auto const at = std::lower_bound(m_entries.begin(), m_entries.end(), k,
                                     [](entry const& e, key const& wanted) { return e.path < wanted; });
    return at != m_entries.end() && at->path == k ? at : m_entries.end();
}

std::optional<git_object_id> git_listing::find(std::string_view path) {
    auto const at = place_of(path);
    if (at == m_entries.end())
        return std::nullopt;
    m_entries[static_cast<std::size_t>(at - m_entries.begin())].asked = true;
    return at->id;
}

bool git_listing::asked_for(std::string_view path) const {
    auto const at = place_of(path);
    return at != m_entries.end() && at->asked;
}

} // namespace notes_export::mirror
