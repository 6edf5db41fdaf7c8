#include "document/schema_guard.hpp"

#include "document/schema_text.hpp"

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

schema_guard::schema_guard(schema::impl const& s) : m_schema{&s}, m_engine{s.engine}, m_follower(s.tree.slots()) {
    m_frames.reserve(max_depth);
}

void schema_guard::reset(bool has_escapes) {
    m_engine.Reset();
    m_has_escapes = has_escapes;
    m_frames.clear();
    m_seen.clear();
    m_others.clear();
    m_key_text.clear();
    m_violation.reset();
}

schema_node const& schema_guard::enter() {
    if (m_frames.empty())
        return m_schema->tree.root();
    auto& f = m_frames.back();
    if (f.is_array)
        ++f.elements;
    return *f.next;
}

bool schema_guard::Null() {
    auto const& node = enter();
    if (!m_engine.Null())
        return refused_by_engine(m_frames.size(), node, "null");
    return !node.values || node.values->null || refuse_value(node, "enum", "null");
}

bool schema_guard::Bool(bool b) {
    auto const& node = enter();
    std::string_view const found = b ? "true" : "false";
    if (!m_engine.Bool(b))
        return refused_by_engine(m_frames.size(), node, found);
    return !node.values || node.values->has(b) || refuse_value(node, "enum", found);
}

bool schema_guard::integer(std::int64_t i) {
    auto const& node = enter();
    if (!m_engine.Int64(i))
        return refused_by_engine(m_frames.size(), node, std::to_string(i));
    return !node.values || node.values->has(i) || refuse_value(node, "enum", std::to_string(i));
}

bool schema_guard::fraction(double d, std::string_view text) {
    // In draft-07 5.00 and 1e20 are integers. Beyond 64 bits the greatest and the least one stand in for all others:
    // the bounds of a schema and the integers of an enum are within 2^53.
    if (std::trunc(d) == d) {
        if (d >= 0x1p63)
            return integer(std::numeric_limits<std::int64_t>::max());
        return integer(d < -0x1p63 ? std::numeric_limits<std::int64_t>::min() : static_cast<std::int64_t>(d));
    }
    auto const& node = enter();
    if (!m_engine.Double(d))
        return refused_by_engine(m_frames.size(), node, printable(text));
    return !node.values || refuse_value(node, "enum", printable(text));
}

bool schema_guard::RawNumber(char const* text, rapidjson::SizeType length, bool) {
    char const* const end = text + length;
    std::int64_t whole = 0;
    if (auto const read = std::from_chars(text, end, whole); read.ec == std::errc{} && read.ptr == end)
        return integer(whole);
    double d = 0;
    if (auto const read = std::from_chars(text, end, d); read.ec == std::errc{} && read.ptr == end)
        return fraction(d, {text, length});
    return refuse("json", printable({text, length}) + " is out of range");
}

bool schema_guard::String(char const* text, rapidjson::SizeType length, bool) {
    auto const& node = enter();
    std::string_view const value{text, length};
    if (m_has_escapes && has_half_pair(value))
        return refuse("json", "half a surrogate pair in a string");
    if (!m_engine.String(text, length, true))
        return refused_by_engine(m_frames.size(), node, quoted_text(value));
    if (node.values && !node.values->has(value))
        return refuse_value(node, "enum", quoted_text(value));
    return !node.pattern || fits_pattern(node, value);
}

bool schema_guard::fits_pattern(schema_node const& node, std::string_view text) {
    if (text.size() > max_pattern_bytes)
        return refuse("too-long", std::to_string(text.size()) + " bytes in a string with a pattern, at most " +
                                      std::to_string(max_pattern_bytes) + " are looked at");
    return node.pattern->matches(text) || refuse_value(node, "pattern", quoted_text(text));
}

bool schema_guard::StartObject() {
    auto const& node = enter();
    if (m_frames.size() >= max_depth)
        return begin(node, false);
    if (!m_engine.StartObject())
        return refused_by_engine(m_frames.size(), node, "an object");
    if (node.values)
        return refuse_value(node, "enum", "an object");
    return begin(node, false);
}

bool schema_guard::StartArray() {
    auto const& node = enter();
    if (m_frames.size() >= max_depth)
        return begin(node, true);
    if (!m_engine.StartArray())
        return refused_by_engine(m_frames.size(), node, "an array");
    if (node.values)
        return refuse_value(node, "enum", "an array");
    return begin(node, true);
}

bool schema_guard::begin(schema_node const& node, bool is_array) {
    if (m_frames.size() >= max_depth)
        return refuse("too-deep", "more than " + std::to_string(max_depth) + " levels");
    m_frames.push_back(
        {&node, node.items, is_array, 0, none, node.slot, none, m_seen.size(), m_others.size(), m_key_text.size()});
    if (!is_array)
        m_seen.resize(m_seen.size() + node.properties.size());
    return true;
}

void schema_guard::end() {
    auto const& f = m_frames.back();
    m_seen.resize(f.first_mark);
    m_others.resize(f.first_other);
    m_key_text.resize(f.first_text);
    m_frames.pop_back();
}

// Documents have their keys in the same order, so what came next in one is a good guess in another.
schema_node::property const* schema_guard::find_property(frame const& f, std::string_view key) {
    auto& guess = m_follower[f.slot];
    if (guess == nullptr || guess->name != key)
        guess = f.node->find(key);
    return guess;
}

bool schema_guard::Key(char const* text, rapidjson::SizeType length, bool) {
    std::string_view const key{text, length};
    if (m_has_escapes && has_half_pair(key))
        return refuse_at(m_frames.size() - 1, "json", "half a surrogate pair in a key");
    auto& f = m_frames.back();
    std::string_view engine_name = ""; // it is in no schema of the engine
    if (auto const* const property = find_property(f, key)) {
        f.next = property->node;
        f.property = static_cast<std::size_t>(property - f.node->properties.data());
        f.slot = property->slot;
        engine_name = property->engine_name;
        if (!known_key(f.property))
            return false;
    } else {
        f.next = f.node->additional;
        f.property = none;
        f.other = m_others.size();
        remember(key);
    }
    return m_engine.Key(engine_name.data(), static_cast<rapidjson::SizeType>(engine_name.size()), true) ||
           refused_by_engine(m_frames.size(), *f.node, quoted_text(key));
}

bool schema_guard::known_key(std::size_t property) {
    auto& mark = m_seen[m_frames.back().first_mark + property];
    if (mark != 0)
        return refuse("duplicate-key", "the key appears twice in one object");
    mark = 1;
    return true;
}

void schema_guard::remember(std::string_view key) {
    m_others.push_back({std::hash<std::string_view>{}(key), m_key_text.size(), key.size()});
    m_key_text += key;
}

bool schema_guard::no_duplicates() {
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

bool schema_guard::EndObject(rapidjson::SizeType members) {
    if (!no_duplicates())
        return false;
    auto const& f = m_frames.back();
    if (!m_engine.EndObject(members))
        return refused_by_engine(m_frames.size() - 1, *f.node, "an object without " + missing(f));
    end();
    return true;
}

bool schema_guard::EndArray(rapidjson::SizeType elements) {
    if (!m_engine.EndArray(elements))
        return refused_by_engine(m_frames.size() - 1, *m_frames.back().node, std::to_string(elements) + " elements");
    end();
    return true;
}

std::string schema_guard::missing(frame const& f) const {
    for (std::size_t i = 0; i < f.node->properties.size(); ++i)
        if (f.node->properties[i].required && m_seen[f.first_mark + i] == 0)
            return quoted_text(f.node->properties[i].name);
    return "nothing";
}

bool schema_guard::refuse_at(std::size_t depth, std::string_view keyword, std::string detail) {
    m_violation = violation{pointer(depth), std::string{keyword}, std::move(detail)};
    return false;
}

bool schema_guard::refuse_value(schema_node const& node, std::string_view keyword, std::string_view found) {
    return refuse(keyword, explain(node, keyword, found));
}

bool schema_guard::refused_by_engine(std::size_t depth, schema_node const& node, std::string_view found) {
    char const* const named = m_engine.GetInvalidSchemaKeyword();
    std::string_view const keyword = named ? named : "schema";
    return refuse_at(depth, keyword, explain(node, keyword, found));
}

std::string schema_guard::pointer(std::size_t depth) const {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i)
        text += step(m_frames[i]);
    return printable(text, max_pointer_bytes);
}

std::string schema_guard::step(frame const& f) const {
    if (f.is_array)
        return '/' + std::to_string(f.elements == 0 ? 0 : f.elements - 1);
    if (f.property != none)
        return pointer_step(f.node->properties[f.property].name);
    return f.other == none ? std::string{} : pointer_step(text_of(m_others[f.other]));
}

} // namespace notes_export
