#pragma once

#include "fuzz/expect.hpp"

#include "document/profile_members.hpp"
#include "schema/schema.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace fuzz {

/// The verdict of a schema on a document, which must not depend on who asks, what was asked before, or white space.
inline std::optional<notes_export::violation> checked_twice(notes_export::schema const& s, std::string_view document) {
    notes_export::schema_checker checker{s};
    auto const verdict = checker.check(document);
    auto const again = checker.check(document);
    auto const spaced = notes_export::schema_checker{s}.check(" \n" + std::string{document} + "\t\r");
    for (auto const& other : {again, spaced}) {
        expect(other.has_value() == verdict.has_value(), "the verdict is the same");
        if (verdict)
            expect(other->keyword == verdict->keyword && other->pointer == verdict->pointer, "and so is its reason");
    }
    if (verdict)
        expect(std::ranges::none_of(verdict->detail, [](unsigned char c) { return c < ' ' || c == 0x7f; }),
               "a reason is one line");
    if (!verdict && document.starts_with('{'))
        expect(notes_export::profile_members(document, {}).has_value(), "what is published can be read again");
    return verdict;
}

} // namespace fuzz
