#pragma once

#include "document/schema.hpp"
#include "publish/staging.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace notes_export {

/// An index: a JSON array in the layout of PostgreSQL's json_agg, written entry by entry.
class index_file {
public:
    /// Entries are checked one by one against the elements of `s`.
    index_file(staging& stage, std::optional<schema> const& s) : m_out{stage.begin()} {
        if (s)
            m_checker.emplace(s->items());
    }

    /// false: the entry was left out, because it does not fit. Entries known to fit need no `check`.
    bool add(std::string_view entry, bool check);
    staged_file finish(std::string target);

    std::size_t left_out() const noexcept { return m_left_out; }
    std::string const& first_violation() const noexcept { return m_first_violation; }

private:
    staging::writer m_out;
    std::optional<schema_checker> m_checker;
    bool m_empty = true;
    std::size_t m_left_out = 0;
    std::string m_first_violation;
};

} // namespace notes_export
