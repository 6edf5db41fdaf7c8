#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace notes_export {

/**
 * The keys that were read so far of the objects that have begun and not ended, the outer ones first. Keys that a schema
 * lists are known by their number in it, the others by their text.
 *
 * Memory is kept from one document to the next.
 */
class seen_keys {
public:
    /// Where the keys of one object begin.
    struct place {
        std::size_t mark, other, text;
    };

    void clear() noexcept {
        m_marks.clear();
        m_others.clear();
        m_text.clear();
    }

    /// An object, or an array, which has no keys. Its schema lists so many.
    place begin(std::size_t listed) {
        place const begun{m_marks.size(), m_others.size(), m_text.size()};
        m_marks.resize(m_marks.size() + listed);
        return begun;
    }
    /// The innermost one.
    void end(place const& begun) {
        m_marks.resize(begun.mark);
        m_others.resize(begun.other);
        m_text.resize(begun.text);
    }

    /// false: that one was there before.
    bool add_listed(place const& begun, std::size_t number) {
        auto& mark = m_marks[begun.mark + number];
        return std::exchange(mark, std::uint8_t{1}) == 0;
    }
    bool has_listed(place const& begun, std::size_t number) const { return m_marks[begun.mark + number] != 0; }

    /// Gives a number for text_of(), valid until find_repeated().
    std::size_t add_other(std::string_view key) {
        m_others.push_back({std::hash<std::string_view>{}(key), m_text.size(), key.size()});
        m_text += key;
        return m_others.size() - 1;
    }
    /// The number of a key, of the innermost object, that was added twice.
    std::optional<std::size_t> find_repeated(place const& begun) {
        if (m_others.size() - begun.other < 2)
            return std::nullopt;
        return find_repeated_among(begun.other);
    }
    std::string_view text_of(std::size_t number) const { return text_of(m_others[number]); }

private:
    struct other_key {
        std::size_t hash, offset, length;
    };
    std::optional<std::size_t> find_repeated_among(std::size_t first);
    std::string_view text_of(other_key const& key) const {
        return std::string_view{m_text}.substr(key.offset, key.length);
    }

    std::vector<std::uint8_t> m_marks; ///< for every listed key, whether it was there
    std::vector<other_key> m_others;
    std::string m_text; ///< of the other keys
};

} // namespace notes_export
