#pragma once

#include "mirror/source/json_levels.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export::mirror {

/**
 * The ids in an index: of `[{"user_id":7,...},...]` the 7. Bytes come piece by piece, and only ids are kept.
 *
 * Whether all else in there is right is not looked at: that is for readers of the index. Thread: one.
 */
class index_ids {
public:
    /// The member of each entry that is its id, as it stands between the quotes.
    explicit index_ids(std::string id_column) : m_column{std::move(id_column)} {}

    void add(std::string_view piece);
    /// All has come: was it one array of objects, each with one id from 1 on?
    bool whole() const noexcept { return m_good && m_ended; }
    /// In the order of the index.
    std::vector<std::int64_t> const& ids() const noexcept { return m_ids; }

private:
    static constexpr std::size_t longest_number = 19;

    enum class place { outside, in_string, behind_backslash };
    enum class meaning { value, name, id }; ///< of what comes next

    void take(char c);
    void take_of_string(char c);
    void open(bool object);
    void close(bool object);
    void end_value();
    bool in_entry() const noexcept { return m_levels.depth() == 2; }

    std::string m_column;
    std::vector<std::int64_t> m_ids;
    json_levels m_levels;
    std::string m_text; ///< the last name of an entry's member, or the digits of an id
    std::size_t m_ids_of_entry = 0;
    place m_place = place::outside;
    meaning m_next = meaning::value;
    bool m_good = true;
    bool m_ended = false; ///< the array is closed
};

} // namespace notes_export::mirror
