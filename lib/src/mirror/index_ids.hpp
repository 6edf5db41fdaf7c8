#pragma once

#include <bitset>
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
    void begin_again() { *this = index_ids{std::move(m_column)}; }
    /// All has come: was it one array of objects, each with one id from 1 on?
    bool whole() const noexcept { return m_good && m_ended; }
    /// In the order of the index.
    std::vector<std::int64_t> const& ids() const noexcept { return m_ids; }

private:
    static constexpr std::size_t deepest = 64;
    static constexpr std::size_t longest_number = 19;

    void take(char c);
    void take_of_string(char c);
    void open(bool object);
    void close(bool object);
    void end_value();
    bool in_entry() const noexcept { return m_depth == 2; }

    std::string m_column;
    std::vector<std::int64_t> m_ids;
    std::bitset<deepest> m_objects; ///< which levels are objects
    std::size_t m_depth = 0;
    std::string m_text; ///< the last name of an entry's member, or the digits of an id
    std::size_t m_ids_of_entry = 0;
    bool m_in_string = false;
    bool m_escaped = false;
    bool m_name = false;   ///< a string that comes now is a name
    bool m_number = false; ///< the value of an id is coming
    bool m_good = true;
    bool m_ended = false; ///< the array is closed
};

} // namespace notes_export::mirror
