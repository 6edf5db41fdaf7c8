#pragma once

#include "schema/node.hpp"
#include "schema/violation.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <rapidjson/rapidjson.h>
#include <string>
#include <string_view>
#include <vector>

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
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    /// A key the schema does not list; its text is in m_key_text.
    struct other_key {
        std::size_t hash, offset, length;
    };

    struct frame {
        schema_node const* node;
        schema_node const* next; ///< what the value to come must fit
        bool is_array;
        std::size_t elements;    ///< of an array, begun so far
        std::size_t property;    ///< of an object, number of the current property, or none
        std::size_t slot;        ///< of an object, that of the latest known property, or its own
        std::size_t required;    ///< of an object, how many of the required properties were seen
        std::size_t other;       ///< the current key in m_others when it is none of the properties
        std::size_t first_mark;  ///< its properties in m_seen begin here
        std::size_t first_other; ///< its keys in m_others begin here
        std::size_t first_text;  ///< and their text in m_key_text
    };

    schema_node const& enter();
    bool integer(std::int64_t i);
    bool fraction(double d, std::string_view text);
    bool start(schema_type type, std::string_view found);
    void end();
    schema_node::property const* find_property(frame const& f, std::string_view key);
    bool known_key(schema_node::property const& property);
    void remember(std::string_view key);
    bool no_duplicates();
    bool fits_length(schema_node const& node, std::string_view text);
    bool fits_pattern(schema_node const& node, std::string_view text);

    bool refuse(std::string_view keyword, std::string detail) {
        return refuse_at(m_frames.size(), keyword, std::move(detail));
    }
    bool refuse_at(std::size_t depth, std::string_view keyword, std::string detail);
    bool refuse_value(schema_node const& node, std::string_view keyword, std::string_view found);
    bool refuse_whole(std::string_view keyword, std::string_view found);
    std::string pointer(std::size_t depth) const;
    std::string step(frame const& f) const;
    std::string missing(frame const& f) const;
    std::string_view text_of(other_key const& key) const {
        return std::string_view{m_key_text}.substr(key.offset, key.length);
    }

    schema_tree const* m_schema;
    bool m_has_escapes = false;
    std::vector<frame> m_frames;
    std::vector<schema_node::property const*> m_follower; ///< by slot: the property that came next last time
    std::vector<std::uint8_t> m_seen;
    std::vector<other_key> m_others;
    std::string m_key_text;
    std::optional<violation> m_violation;
};

} // namespace notes_export
