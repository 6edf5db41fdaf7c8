#pragma once

#include "schema/node.hpp"
#include "schema/seen_keys.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/// An object or array that has begun and not ended.
struct open_value {
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    schema_node const* node;
    schema_node const* next; ///< what the value to come must fit
    bool is_array;
    std::size_t elements;  ///< of an array, begun so far
    std::size_t property;  ///< of an object, number of the current property, or none
    std::size_t other;     ///< the current key when it is none of the properties, or none
    std::size_t slot;      ///< of an object, that of the latest known property, or its own
    std::size_t required;  ///< of an object, how many of the required properties were seen
    seen_keys::place keys; ///< of an object
};

/// Where in a document its reader is, and what the schema demands there: the objects and arrays around it, the
/// outermost first.
class open_values {
public:
    /// The tree outlives this.
    open_values(schema_tree const& s, std::size_t usual_depth) : m_schema{&s}, m_follower(s.slots()) {
        m_open.reserve(usual_depth);
    }

    /// Before every document.
    void clear() noexcept {
        m_open.clear();
        m_keys.clear();
    }

    std::size_t depth() const noexcept { return m_open.size(); }
    open_value const& innermost() const { return m_open.back(); }

    /// What the value that begins here must fit.
    schema_node const& enter() {
        if (m_open.empty())
            return m_schema->root();
        auto& around = m_open.back();
        if (around.is_array)
            ++around.elements;
        return *around.next;
    }
    void begin_array(schema_node const& node) { begin(node, true, 0); }
    void begin_object(schema_node const& node) { begin(node, false, node.object.properties.size()); }
    void end() {
        m_keys.end(m_open.back().keys);
        m_open.pop_back();
    }

    /// A property that the schema lists, or nullptr. Documents have their keys in the same order, so what came next in
    /// one is a good guess in another.
    schema_object::property const* find_property(std::string_view key) {
        auto const& object = m_open.back();
        auto& guess = m_follower[object.slot];
        if (guess == nullptr || guess->name != key)
            guess = object.node->object.find(key);
        return guess;
    }
    /// The property is the current one. false: the object has it twice.
    bool add(schema_object::property const& property) {
        auto& object = m_open.back();
        object.next = property.node;
        object.property = static_cast<std::size_t>(&property - object.node->object.properties.data());
        object.slot = property.slot;
        object.required += property.required ? 1 : 0;
        return m_keys.add_listed(object.keys, object.property);
    }
    /// The key, which is none of the properties, is the current one.
    void add_other(std::string_view key) {
        auto& object = m_open.back();
        object.next = object.node->object.additional;
        object.property = open_value::none;
        object.other = m_keys.add_other(key);
    }
    /// At the end of an object: is one of the other keys there twice? Then it is the current one.
    bool find_repeated_key() {
        auto& object = m_open.back();
        auto const repeated = m_keys.find_repeated(object.keys);
        if (repeated) {
            object.property = open_value::none;
            object.other = *repeated;
        }
        return repeated.has_value();
    }
    /// The first required property that an object does not have yet; nullptr: it has all.
    schema_object::property const* find_missing() const;

    /// JSON pointer to the current value of the objects and arrays down to that depth.
    std::string pointer(std::size_t depth) const;

private:
    void begin(schema_node const& node, bool is_array, std::size_t properties) {
        m_open.push_back({.node = &node,
                          .next = node.array.items,
                          .is_array = is_array,
                          .elements = 0,
                          .property = open_value::none,
                          .other = open_value::none,
                          .slot = node.object.slot,
                          .required = 0,
                          .keys = m_keys.begin(properties)});
    }
    std::string step(open_value const& v) const;

    schema_tree const* m_schema;
    std::vector<open_value> m_open;
    seen_keys m_keys;
    std::vector<schema_object::property const*> m_follower; ///< by slot: the property that came next last time
};

} // namespace notes_export
