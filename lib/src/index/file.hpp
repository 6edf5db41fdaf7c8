#pragma once

#include "index/layout.hpp"
#include "publish/staging.hpp"
#include "schema/schema.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace notes_export {

/// Which entries may stand in an index: each is checked against the elements of the index's schema.
class index_entry_check {
public:
    /// No schema: all may.
    explicit index_entry_check(std::optional<schema> const& s) {
        if (s)
            m_checker.emplace(s->items());
    }

    bool fits(std::string_view entry);

    std::size_t left_out() const noexcept { return m_left_out; } ///< entries that did not fit
    std::string const& first_violation() const noexcept { return m_first_violation; }

private:
    std::optional<schema_checker> m_checker;
    std::size_t m_left_out = 0;
    std::string m_first_violation;
};

/// An index: a JSON array, written entry by entry.
class index_file {
public:
    index_file(staging& stage, std::string target) : m_out{stage.begin(std::move(target))} {}

    void add(std::string_view entry);
    staged_file finish();

private:
    staging::writer m_out;
    index_punctuation m_between;
};

} // namespace notes_export
