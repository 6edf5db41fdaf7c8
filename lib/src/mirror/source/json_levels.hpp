#pragma once

#include <bitset>
#include <cstddef>

namespace notes_export::mirror {

/// What is open at a place of a JSON text: objects and arrays in each other.
class json_levels {
public:
    std::size_t depth() const noexcept { return m_depth; }
    /// Is the innermost one an object? false when nothing is open.
    bool in_object() const noexcept { return m_depth > 0 && m_objects[m_depth - 1]; }

    /// false: deeper than anybody means it; nothing is opened.
    bool open(bool object) {
        if (m_depth == deepest)
            return false;
        m_objects[m_depth++] = object;
        return true;
    }
    /// false: what is innermost is of the other kind, or there is nothing; nothing is closed.
    bool close(bool object) {
        if (m_depth == 0 || m_objects[m_depth - 1] != object)
            return false;
        --m_depth;
        return true;
    }

private:
    static constexpr std::size_t deepest = 64;

    std::bitset<deepest> m_objects; ///< which levels are objects
    std::size_t m_depth = 0;
};

} // namespace notes_export::mirror
