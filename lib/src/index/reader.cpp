#include "index/reader.hpp"

#include "document/json_value.hpp"

#include <charconv>

namespace notes_export {

namespace {

constexpr std::size_t large_block = std::size_t{512} * 1024;
constexpr std::size_t small_block = 4096;
constexpr std::size_t longest_id = 20;
// Names have 255 characters at most, everything else is numbers.
constexpr std::uint64_t longest_entry = 1U << 20;

} // namespace

index_reader::index_reader(dataset const& d, int fd, std::filesystem::path const& path, std::uint64_t size)
    : m_dataset{&d}, m_size{size}, m_lead{"{"}, m_all{fd, path, large_block}, m_few{fd, path, small_block} {
    append_json_string(m_lead, d.id_column);
    m_lead += ':';
    if (size < index_layout::size(0, 0) || !m_few.at(0, first).starts_with(index_layout::begin) ||
        m_few.at(size - index_layout::end.size(), index_layout::end.size()) != index_layout::end)
        throw not_our_index{"no JSON array of one line per entry"};
}

std::int64_t index_reader::id_of(std::string_view entry) const {
    std::int64_t id = 0;
    if (!entry.starts_with(m_lead))
        throw not_our_index{"an entry does not begin with its id"};
    auto const* const end = entry.data() + entry.size();
    auto const [behind, ec] = std::from_chars(entry.data() + m_lead.size(), end, id);
    if (ec != std::errc{} || behind == end || (*behind != ',' && *behind != '}'))
        throw not_our_index{"an entry begins with something that is no id"};
    return id;
}

// Of the first entry that begins behind this offset.
std::uint64_t index_reader::next_place(file_window& window, std::uint64_t offset) const {
    auto const newline = window.find('\n', offset);
    if (!newline)
        throw not_our_index{"the last line does not end"};
    if (*newline == m_size - 1)
        return end();
    if (*newline < 2 || !window.at(*newline - 2, index_layout::separator.size()).starts_with(index_layout::separator))
        throw not_our_index{"a newline that separates no entries"};
    return *newline + 2;
}

std::string_view index_reader::entry_at(file_window& window, std::uint64_t place, std::uint64_t next) {
    auto const length = next - index_layout::separator.size() - place;
    if (length > longest_entry)
        throw not_our_index{"an entry that is longer than any of ours"};
    return window.at(place, static_cast<std::size_t>(length)).substr(0, static_cast<std::size_t>(length));
}

std::map<std::int64_t, index_reader::found_entry> index_reader::find(std::unordered_set<std::int64_t> const& ids) {
    std::map<std::int64_t, found_entry> found;
    for (auto place = first; place < end() && found.size() < ids.size();) {
        auto const id = id_of(m_all.at(place, m_lead.size() + longest_id));
        auto const next = next_place(m_all, place);
        if (ids.contains(id)) {
            auto const text = entry_at(m_all, place, next);
            if (!found.try_emplace(id, found_entry{place, next, std::string{text}}).second)
                throw not_our_index{"two entries have the same id"};
        }
        place = next;
    }
    return found;
}

// An entry between two places, near the middle in bytes: the first one that begins behind the middle, or behind the
// middle of the first half, and so on.
std::uint64_t index_reader::entry_near_middle(std::uint64_t low, std::uint64_t high) {
    for (auto limit = high; limit - low > index_layout::separator.size();) {
        auto const middle = low + (limit - low) / 2;
        auto const place = next_place(m_few, middle - 1);
        if (place < high)
            return place;
        limit = middle;
    }
    return low;
}

// Does the entry at this place stand before `p`? Then the search goes on behind it, else it ends there.
bool index_reader::narrow(index_position const& p, std::uint64_t place, std::uint64_t& low, std::uint64_t& high) {
    auto const next = next_place(m_few, place);
    auto const entry = entry_at(m_few, place, next);
    auto const position = position_in_index(entry, *m_dataset, id_of(entry));
    if (!position)
        throw not_our_index{"an entry without numbers to sort it by"};
    bool const before = *position < p;
    (before ? low : high) = before ? next : place;
    return before;
}

// First in steps that grow: of many entries each is near the one before.
std::uint64_t index_reader::place_for(index_position const& p, std::uint64_t from) {
    auto low = from;
    auto high = end();
    for (std::uint64_t step = small_block; low + step + index_layout::separator.size() < high; step *= 2)
        if (auto const place = next_place(m_few, low + step); place >= high || !narrow(p, place, low, high))
            break;
    while (low < high)
        narrow(p, entry_near_middle(low, high), low, high);
    return low;
}

} // namespace notes_export
