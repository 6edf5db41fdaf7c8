#include "index/merge.hpp"

#include <algorithm>

namespace notes_export {

namespace {

constexpr std::size_t copied_at_once = 256U * 1024;

} // namespace

index_merge::index_merge(dataset const& d, int fd, std::filesystem::path path, std::uint64_t size,
                         std::span<index_change const> changes)
    : m_fd{fd}, m_path{std::move(path)} {
    index_reader published{d, fd, m_path, size};
    auto const all = edits(d, published, changes);
    m_changes_anything = !all.empty();
    cut(all, published.end());
}

std::vector<index_merge::edit> index_merge::edits(dataset const& d, index_reader& published,
                                                  std::span<index_change const> changes) {
    std::unordered_set<std::int64_t> ids;
    for (auto const& c : changes)
        ids.insert(c.id);
    auto const before = published.find(ids);
    std::vector<edit> added;
    std::vector<edit> removed;
    for (auto const& c : changes) {
        auto const old = before.find(c.id);
        if (old != before.end()) {
            m_had.insert(c.id);
            if (c.entry == old->second.text)
                continue;
            removed.push_back({old->second.begin, old->second.next, {}, nullptr});
        }
        if (!c.entry)
            continue;
        auto position = position_in_index(*c.entry, d, c.id);
        if (!position || published.id_of(*c.entry) != c.id || c.entry->find('\n') != std::string::npos)
            throw not_our_index{"a new entry that has no certain place"};
        added.push_back({0, 0, std::move(*position), &*c.entry});
    }
    std::ranges::sort(added, [](edit const& a, edit const& b) { return a.position < b.position; });
    auto place = index_reader::first;
    for (auto& e : added)
        e.place = e.next = place = published.place_for(e.position, place);
    // In order of place; what comes in stands before what goes out there, and among itself in its own order.
    std::ranges::sort(removed, {}, &edit::place);
    std::vector<edit> all;
    std::ranges::merge(added, removed, std::back_inserter(all), {}, &edit::place, &edit::place);
    return all;
}

void index_merge::cut(std::vector<edit> const& edits, std::uint64_t end) {
    auto place = index_reader::first;
    for (auto const& e : edits) {
        keep(place, e.place);
        place = e.next;
        if (e.entry != nullptr)
            m_pieces.push_back({0, 0, e.entry});
    }
    keep(place, end);
}

void index_merge::keep(std::uint64_t place, std::uint64_t next) {
    if (place < next)
        m_pieces.push_back({place, next - index_layout::separator.size(), nullptr});
}

std::uint64_t index_merge::size() const noexcept {
    std::uint64_t bytes = 0;
    for (auto const& p : m_pieces)
        bytes += p.size();
    return index_layout::size(m_pieces.size(), bytes);
}

staged_file index_merge::write(staging& stage, std::string target) const {
    auto out = stage.begin(std::move(target));
    file_window published{m_fd, m_path, copied_at_once};
    bool whole = true;
    out.append(index_layout::begin);
    for (auto const& p : m_pieces) {
        if (&p != &m_pieces.front())
            out.append(index_layout::separator);
        if (p.entry == nullptr)
            whole = whole && copy(p, published, out);
        else
            out.append(*p.entry);
    }
    out.append(index_layout::end);
    auto staged = out.finish();
    if (whole)
        return staged;
    stage.discard(staged);
    throw not_our_index{"it became shorter while it was read"};
}

bool index_merge::copy(piece const& kept, file_window& published, staging::writer& out) {
    for (auto offset = kept.begin; offset < kept.end;) {
        auto const found = published.at(offset, 1).substr(0, static_cast<std::size_t>(kept.end - offset));
        if (found.empty())
            return false;
        out.append(found);
        offset += found.size();
    }
    return true;
}

} // namespace notes_export
