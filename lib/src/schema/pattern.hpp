#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace notes_export {

/**
 * One `pattern` of a schema: an ECMA-262 regular expression that may match anywhere in a string.
 *
 * RE2 does the matching: its time grows with the text only, and it needs no stack for it. Syntax that RE2 lacks or
 * reads in another way than ECMA-262 is refused, so that no pattern means something else than its author wrote.
 *
 * Throws std::invalid_argument with the reason.
 */
class schema_pattern {
public:
    /// Longer texts are not looked at.
    static constexpr std::size_t longest_text = 4096;

    explicit schema_pattern(std::string_view ecma);
    ~schema_pattern();
    schema_pattern(schema_pattern&&) noexcept;
    schema_pattern& operator=(schema_pattern&&) noexcept;

    /// `text` is valid UTF-8.
    bool matches(std::string_view text) const;

    /// A text that matches, when one is easy to find.
    std::optional<std::string> example() const;

private:
    std::unique_ptr<re2::RE2> m_regex;
};

} // namespace notes_export
