#include "schema/validator.hpp"

#include "schema/text.hpp"
#include "schema/utf8.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <limits>
#include <system_error>

namespace notes_export {

namespace {

/// UTF-8 of a lone \ud800 .. \udfff, which the reader lets through: ED A0..BF xx, nothing else valid looks like it.
bool has_half_pair(std::string_view text) {
    for (auto at = text.find('\xED'); at != std::string_view::npos; at = text.find('\xED', at + 1))
        if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0)
            return true;
    return false;
}

std::string explain(schema_node const& node, std::string_view keyword, std::string_view found) {
    auto const* const value = find_keyword(*node.source, keyword);
    std::string text;
    if (value)
        text = "\"" + std::string{keyword} + "\" is " + printable(json_text(*value)) + ", ";
    return text + "found " + std::string{found};
}

} // namespace

schema_validator::schema_validator(schema_tree const& s) : m_schema{&s}, m_follower(s.slots()) {
    m_frames.reserve(max_depth);
}

void schema_validator::reset(bool has_escapes) {
    m_has_escapes = has_escapes;
    m_frames.clear();
    m_seen.clear();
    m_others.clear();
    m_key_text.clear();
    m_violation.reset();
}

schema_node const& schema_validator::enter() {
    if (m_frames.empty())
        return m_schema->root();
    auto& f = m_frames.back();
    if (f.is_array)
        ++f.elements;
    return *f.next;
}

bool schema_validator::Null() {
    auto const& node = enter();
    if (!node.allows(type_null))
        return refuse_value(node, "type", "null");
    return !node.values || node.values->null || refuse_value(node, "enum", "null");
}

bool schema_validator::Bool(bool b) {
    auto const& node = enter();
    std::string_view const found = b ? "true" : "false";
    if (!node.allows(type_boolean))
        return refuse_value(node, "type", found);
    return !node.values || node.values->has(b) || refuse_value(node, "enum", found);
}

bool schema_validator::integer(std::int64_t i) {
    auto const& node = enter();
    if (!node.allows(type_integer))
        return refuse_value(node, "type", std::to_string(i));
    if (i < node.integers.least)
        return refuse_value(node, "minimum", std::to_string(i));
    if (i > node.integers.greatest)
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
    auto const& node = enter();
    if (!node.allows(type_fraction))
        return refuse_value(node, "type", printable(text));
    if (d < node.numbers.least)
        return refuse_value(node, "minimum", printable(text));
    if (d > node.numbers.greatest)
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
    auto const& node = enter();
    std::string_view const value{text, length};
    if (m_has_escapes && has_half_pair(value))
        return refuse("json", "half a surrogate pair in a string");
    if (!node.allows(type_string))
        return refuse_value(node, "type", quoted_text(value));
    if (!fits_length(node, value))
        return false;
    if (node.values && !node.values->has(value))
        return refuse_value(node, "enum", quoted_text(value));
    return !node.pattern || fits_pattern(node, value);
}

// No text has more characters than bytes, nor fewer than a quarter of them.
bool schema_validator::fits_length(schema_node const& node, std::string_view text) {
    if (text.size() / 4 >= node.lengths.least && text.size() <= node.lengths.greatest)
        return true;
    auto const length = code_points(text);
    if (length < node.lengths.least)
        return refuse_value(node, "minLength", quoted_text(text));
    return length <= node.lengths.greatest || refuse_value(node, "maxLength", quoted_text(text));
}

bool schema_validator::fits_pattern(schema_node const& node, std::string_view text) {
    if (text.size() > schema_pattern::longest_text)
        return refuse("too-long", std::to_string(text.size()) + " bytes in a string with a pattern, at most " +
                                      std::to_string(schema_pattern::longest_text) + " are looked at");
    return node.pattern->matches(text) || refuse_value(node, "pattern", quoted_text(text));
}

bool schema_validator::StartObject() {
    return start(type_object, "an object");
}

bool schema_validator::StartArray() {
    return start(type_array, "an array");
}

bool schema_validator::start(schema_type type, std::string_view found) {
    auto const& node = enter();
    if (m_frames.size() >= max_depth)
        return refuse("too-deep", "more than " + std::to_string(max_depth) + " levels");
    if (!node.allows(type))
        return refuse_value(node, "type", found);
    if (node.values)
        return refuse_value(node, "enum", found);
    m_frames.push_back({.node = &node,
                        .next = node.items,
                        .is_array = type == type_array,
                        .elements = 0,
                        .property = none,
                        .slot = node.slot,
                        .required = 0,
                        .other = none,
                        .first_mark = m_seen.size(),
                        .first_other = m_others.size(),
                        .first_text = m_key_text.size()});
    if (type == type_object)
        m_seen.resize(m_seen.size() + node.properties.size());
    return true;
}

void schema_validator::end() {
    auto const& f = m_frames.back();
    m_seen.resize(f.first_mark);
    m_others.resize(f.first_other);
    m_key_text.resize(f.first_text);
    m_frames.pop_back();
}

// Documents have their keys in the same order, so what came next in one is a good guess in another.
schema_node::property const* schema_validator::find_property(frame const& f, std::string_view key) {
    auto& guess = m_follower[f.slot];
    if (guess == nullptr || guess->name != key)
        guess = f.node->find(key);
    return guess;
}

bool schema_validator::Key(char const* text, rapidjson::SizeType length, bool) {
    std::string_view const key{text, length};
    if (m_has_escapes && has_half_pair(key))
        return refuse_at(m_frames.size() - 1, "json", "half a surrogate pair in a key");
    auto& f = m_frames.back();
    if (auto const* const property = find_property(f, key))
        return known_key(*property);
    f.next = f.node->additional;
    f.property = none;
    f.other = m_others.size();
    remember(key);
    return f.node->open || refuse_value(*f.node, "additionalProperties", quoted_text(key));
}

bool schema_validator::known_key(schema_node::property const& property) {
    auto& f = m_frames.back();
    f.next = property.node;
    f.property = static_cast<std::size_t>(&property - f.node->properties.data());
    f.slot = property.slot;
    f.required += property.required ? 1 : 0;
    auto& mark = m_seen[f.first_mark + f.property];
    if (mark != 0)
        return refuse("duplicate-key", "the key appears twice in one object");
    mark = 1;
    return true;
}

void schema_validator::remember(std::string_view key) {
    m_others.push_back({std::hash<std::string_view>{}(key), m_key_text.size(), key.size()});
    m_key_text += key;
}

bool schema_validator::no_duplicates() {
    auto& f = m_frames.back();
    auto const first = m_others.begin() + static_cast<std::ptrdiff_t>(f.first_other);
    if (m_others.end() - first < 2)
        return true;
    std::sort(first, m_others.end(), [this](other_key const& a, other_key const& b) {
        return a.hash != b.hash ? a.hash < b.hash : text_of(a) < text_of(b);
    });
    auto const twice = std::adjacent_find(first, m_others.end(), [this](other_key const& a, other_key const& b) {
        return a.hash == b.hash && text_of(a) == text_of(b);
    });
    if (twice == m_others.end())
        return true;
    f.property = none;
    f.other = static_cast<std::size_t>(twice - m_others.begin());
    return refuse("duplicate-key", "the key appears twice in one object");
}

bool schema_validator::EndObject(rapidjson::SizeType) {
    if (!no_duplicates())
        return false;
    auto const& f = m_frames.back();
    if (f.required < f.node->required)
        return refuse_whole("required", "an object without " + missing(f));
    end();
    return true;
}

bool schema_validator::EndArray(rapidjson::SizeType elements) {
    auto const& counts = m_frames.back().node->counts;
    if (elements < counts.least)
        return refuse_whole("minItems", std::to_string(elements) + " elements");
    if (elements > counts.greatest)
        return refuse_whole("maxItems", std::to_string(elements) + " elements");
    end();
    return true;
}

std::string schema_validator::missing(frame const& f) const {
    for (std::size_t i = 0; i < f.node->properties.size(); ++i)
        if (f.node->properties[i].required && m_seen[f.first_mark + i] == 0)
            return quoted_text(f.node->properties[i].name);
    return "nothing";
}

bool schema_validator::refuse_at(std::size_t depth, std::string_view keyword, std::string detail) {
    m_violation = violation{pointer(depth), std::string{keyword}, std::move(detail)};
    return false;
}

bool schema_validator::refuse_value(schema_node const& node, std::string_view keyword, std::string_view found) {
    return refuse(keyword, explain(node, keyword, found));
}

/// The object or array that ends here.
bool schema_validator::refuse_whole(std::string_view keyword, std::string_view found) {
    return refuse_at(m_frames.size() - 1, keyword, explain(*m_frames.back().node, keyword, found));
}

std::string schema_validator::pointer(std::size_t depth) const {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i)
        text += step(m_frames[i]);
    return printable(text, max_pointer_bytes);
}

std::string schema_validator::step(frame const& f) const {
    if (f.is_array)
        return '/' + std::to_string(f.elements == 0 ? 0 : f.elements - 1);
    if (f.property != none)
        return pointer_step(f.node->properties[f.property].name);
    return f.other == none ? std::string{} : pointer_step(text_of(m_others[f.other]));
}

} // namespace notes_export
