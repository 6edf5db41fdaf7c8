#include "schema/validator.hpp"

#include "document/json_members.hpp"
#include "notes_export/utf8.hpp"
#include "schema/text.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

namespace notes_export {

namespace {

constexpr char const* repeated = "the key appears twice in one object";

/// UTF-8 of a lone \ud800 .. \udfff, which the reader lets through: ED A0..BF xx, nothing else valid looks like it.
bool has_half_pair(std::string_view text) {
    for (auto at = text.find('\xED'); at != std::string_view::npos; at = text.find('\xED', at + 1))
        if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0)
            return true;
    return false;
}

std::string explain(schema_node const& node, std::string_view keyword, std::string_view found) {
    auto const* const value = find_member(*node.source, keyword);
    std::string text;
    if (value)
        text = "\"" + std::string{keyword} + "\" is " + printable(json_text(*value)) + ", ";
    return text + "found " + std::string{found};
}

} // namespace

schema_validator::schema_validator(schema_tree const& s) : m_open{s, max_depth} {}

void schema_validator::reset(bool has_escapes) {
    m_has_escapes = has_escapes;
    m_open.clear();
    m_violation.reset();
}

bool schema_validator::Null() {
    auto const& node = m_open.enter();
    if (!node.allows(type_null))
        return refuse_value(node, "type", "null");
    return !node.values || node.values->null || refuse_value(node, "enum", "null");
}

bool schema_validator::Bool(bool b) {
    auto const& node = m_open.enter();
    std::string_view const found = b ? "true" : "false";
    if (!node.allows(type_boolean))
        return refuse_value(node, "type", found);
    return !node.values || node.values->has(b) || refuse_value(node, "enum", found);
}

bool schema_validator::integer(std::int64_t i) {
    auto const& node = m_open.enter();
    if (!node.allows(type_integer))
        return refuse_value(node, "type", std::to_string(i));
    if (i < node.number.integers.least)
        return refuse_value(node, "minimum", std::to_string(i));
    if (i > node.number.integers.greatest)
        return refuse_value(node, "maximum", std::to_string(i));
    return !node.values || node.values->has(i) || refuse_value(node, "enum", std::to_string(i));
}

bool schema_validator::fraction(double d, std::string_view text) {
    // In draft-07 5.00 and 1e20 are integers. Beyond 64 bits the greatest and the least one stand in for all others:
    // the bounds of a schema and the integers of an enum are within 2^53.
    if (std::trunc(d) == d) {
        if (d >= 0x1p63)
            return integer(std::numeric_limits<std::int64_t>::max());
        return integer(d < -0x1p63 ? std::numeric_limits<std::int64_t>::min() : static_cast<std::int64_t>(d));
    }
    auto const& node = m_open.enter();
    if (!node.allows(type_fraction))
        return refuse_value(node, "type", printable(text));
    if (d < node.number.fractions.least)
        return refuse_value(node, "minimum", printable(text));
    if (d > node.number.fractions.greatest)
        return refuse_value(node, "maximum", printable(text));
    return !node.values || refuse_value(node, "enum", printable(text));
}

bool schema_validator::RawNumber(char const* text, rapidjson::SizeType length, bool) {
    char const* const end = text + length;
    std::int64_t whole = 0;
    if (auto const read = std::from_chars(text, end, whole); read.ec == std::errc{} && read.ptr == end)
        return integer(whole);
    double d = 0;
    if (auto const read = std::from_chars(text, end, d); read.ec == std::errc{} && read.ptr == end)
        return fraction(d, {text, length});
    return refuse("json", printable({text, length}) + " is out of range");
}

bool schema_validator::String(char const* text, rapidjson::SizeType length, bool) {
    auto const& node = m_open.enter();
    std::string_view const value{text, length};
    if (m_has_escapes && has_half_pair(value))
        return refuse("json", "half a surrogate pair in a string");
    if (!node.allows(type_string))
        return refuse_value(node, "type", quoted_text(value));
    if (!fits_length(node, value))
        return false;
    if (node.values && !node.values->has(value))
        return refuse_value(node, "enum", quoted_text(value));
    return !node.string.pattern || fits_pattern(node, value);
}

// No text has more characters than bytes, nor fewer than a quarter of them.
bool schema_validator::fits_length(schema_node const& node, std::string_view text) {
    if (text.size() / 4 >= node.string.lengths.least && text.size() <= node.string.lengths.greatest)
        return true;
    auto const length = code_points(text);
    if (length < node.string.lengths.least)
        return refuse_value(node, "minLength", quoted_text(text));
    return length <= node.string.lengths.greatest || refuse_value(node, "maxLength", quoted_text(text));
}

bool schema_validator::fits_pattern(schema_node const& node, std::string_view text) {
    if (text.size() > schema_pattern::longest_text)
        return refuse("too-long", std::to_string(text.size()) + " bytes in a string with a pattern, at most " +
                                      std::to_string(schema_pattern::longest_text) + " are looked at");
    return node.string.pattern->matches(text) || refuse_value(node, "pattern", quoted_text(text));
}

bool schema_validator::may_begin(schema_node const& node, schema_type type, std::string_view found) {
    if (m_open.depth() >= max_depth)
        return refuse("too-deep", "more than " + std::to_string(max_depth) + " levels");
    if (!node.allows(type))
        return refuse_value(node, "type", found);
    return !node.values || refuse_value(node, "enum", found);
}

bool schema_validator::StartObject() {
    auto const& node = m_open.enter();
    if (!may_begin(node, type_object, "an object"))
        return false;
    m_open.begin_object(node);
    return true;
}

bool schema_validator::Key(char const* text, rapidjson::SizeType length, bool) {
    std::string_view const key{text, length};
    if (m_has_escapes && has_half_pair(key))
        return refuse_at(m_open.depth() - 1, "json", "half a surrogate pair in a key");
    if (auto const* const property = m_open.find_property(key))
        return m_open.add(*property) || refuse("duplicate-key", repeated);
    m_open.add_other(key);
    auto const& node = *m_open.innermost().node;
    return node.object.open || refuse_value(node, "additionalProperties", quoted_text(key));
}

bool schema_validator::EndObject(rapidjson::SizeType) {
    if (m_open.find_repeated_key())
        return refuse("duplicate-key", repeated);
    if (auto const* const missing = m_open.find_missing())
        return refuse_whole("required", "an object without " + quoted_text(missing->name));
    m_open.end();
    return true;
}

bool schema_validator::StartArray() {
    auto const& node = m_open.enter();
    if (!may_begin(node, type_array, "an array"))
        return false;
    m_open.begin_array(node);
    return true;
}

bool schema_validator::EndArray(rapidjson::SizeType elements) {
    auto const& counts = m_open.innermost().node->array.counts;
    if (elements < counts.least)
        return refuse_whole("minItems", std::to_string(elements) + " elements");
    if (elements > counts.greatest)
        return refuse_whole("maxItems", std::to_string(elements) + " elements");
    m_open.end();
    return true;
}

bool schema_validator::refuse_at(std::size_t depth, std::string_view keyword, std::string detail) {
    m_violation =
        violation{printable(m_open.pointer(depth), max_pointer_bytes), std::string{keyword}, std::move(detail)};
    return false;
}

bool schema_validator::refuse_value(schema_node const& node, std::string_view keyword, std::string_view found) {
    return refuse(keyword, explain(node, keyword, found));
}

/// The object or array that ends here.
bool schema_validator::refuse_whole(std::string_view keyword, std::string_view found) {
    return refuse_at(m_open.depth() - 1, keyword, explain(*m_open.innermost().node, keyword, found));
}

} // namespace notes_export
