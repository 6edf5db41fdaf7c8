#pragma once

#include "notes_export/dataset.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>

namespace notes_export {

/// The branches that profiles can be in, there or not, in order: see entity_path::branch_of().
class branches {
public:
    explicit branches(entity_path const& layout) {
        constexpr std::int64_t digits = 1 << 12; // that decide where a profile is
        for (std::int64_t id = 1; id <= digits; ++id)
            if (auto const number = layout.branch_number(id); !m_left.contains(number))
                m_left.emplace(number, layout.branch_of(id));
    }

    bool next_is_before(std::int64_t number) const { return !m_left.empty() && m_left.begin()->first < number; }
    std::string const& next() const { return m_left.begin()->second; }
    void advance() { m_left.erase(m_left.begin()); }
    static constexpr std::int64_t end() noexcept { return std::numeric_limits<std::int64_t>::max(); }

private:
    std::map<std::int64_t, std::string> m_left;
};

} // namespace notes_export
