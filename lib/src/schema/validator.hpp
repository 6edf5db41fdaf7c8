#pragma once

#include "schema/open_values.hpp"
#include "schema/violation.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <rapidjson/rapidjson.h>
#include <string>
#include <string_view>

namespace notes_export {

/**
 * Follows a schema while RapidJSON's reader streams a document by, and says where in the document it is violated first.
 *
 * All of draft-07 that prove_keywords() lets in, duplicate keys, depth, long strings under a pattern, half surrogate
 * pairs. RapidJSON's own validator is of draft-04, skips in silence what it does not know, and took half of the time.
 *
 * A handler for rapidjson::GenericReader, therefore the capital names; false stops the reader. Numbers arrive by
 * RawNumber(), the reader only wants to see the other five.
 */
class schema_validator {
public:
    static constexpr std::size_t max_depth = 64;
    static constexpr std::size_t max_pointer_bytes = 1024; ///< of the pointer in a violation; a longer one is cut

    /// The tree outlives the validator.
    explicit schema_validator(schema_tree const& s);

    /// Before every document. `has_escapes`: the text contains \u somewhere.
    void reset(bool has_escapes);
    std::optional<violation>& result() noexcept { return m_violation; }

    bool Null();
    bool Bool(bool b);
    bool Int(int i) { return integer(i); }
    bool Uint(unsigned u) { return integer(u); }
    bool Int64(std::int64_t i) { return integer(i); }
    bool Uint64(std::uint64_t u) { return integer(static_cast<std::int64_t>(std::min<std::uint64_t>(u, INT64_MAX))); }
    bool Double(double d) { return fraction(d, {}); }
    bool RawNumber(char const* text, rapidjson::SizeType length, bool);
    bool String(char const* text, rapidjson::SizeType length, bool);
    bool StartObject();
    bool Key(char const* text, rapidjson::SizeType length, bool);
    bool EndObject(rapidjson::SizeType members);
    bool StartArray();
    bool EndArray(rapidjson::SizeType elements);

private:
    bool integer(std::int64_t i);
    bool fraction(double d, std::string_view text);
    bool fits_length(schema_node const& node, std::string_view text);
    bool fits_pattern(schema_node const& node, std::string_view text);
    bool may_begin(schema_node const& node, schema_type type, std::string_view found);

    bool refuse(std::string_view keyword, std::string detail) {
        return refuse_at(m_open.depth(), keyword, std::move(detail));
    }
    bool refuse_at(std::size_t depth, std::string_view keyword, std::string detail);
    bool refuse_value(schema_node const& node, std::string_view keyword, std::string_view found);
    bool refuse_whole(std::string_view keyword, std::string_view found);

    open_values m_open;
    bool m_has_escapes = false;
    std::optional<violation> m_violation;
};

} // namespace notes_export
