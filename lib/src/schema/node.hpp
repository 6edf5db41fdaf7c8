#pragma once

#include "schema/keywords.hpp"
#include "schema/pattern.hpp"

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <rapidjson/document.h>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace notes_export {

/// The values of an `enum`.
struct schema_values {
    bool null = false;
    bool yes = false;
    bool no = false;
    std::vector<std::int64_t> integers;
    std::vector<std::string> strings;

    bool has(std::string_view text) const;
    bool has(std::int64_t number) const;
    bool has(bool flag) const { return flag ? yes : no; }
};

/// What two keywords such as `minimum` and `maximum` allow; everything when they are absent.
template <class Number>
struct schema_range {
    Number least = std::numeric_limits<Number>::lowest();
    Number greatest = std::numeric_limits<Number>::max();
};

struct schema_node;

struct schema_numbers {
    schema_range<std::int64_t> integers;
    schema_range<double> fractions;
};

struct schema_strings {
    schema_range<std::size_t> lengths; ///< in code points
    std::optional<schema_pattern> pattern;
};

struct schema_array {
    schema_range<std::size_t> counts;
    schema_node const* items = nullptr; ///< never null once built
};

struct schema_object {
    struct property {
        std::string name;
        schema_node const* node;
        bool required;
        std::size_t slot; ///< see schema_tree::slots()
    };

    std::vector<property> properties;
    std::unordered_map<std::string_view, std::size_t> by_name; ///< into properties
    std::size_t required = 0;                                  ///< how many of the properties are
    bool open = true;                                          ///< properties not listed are allowed
    schema_node const* additional = nullptr;                   ///< of properties not listed; never null once built
    std::size_t slot = 0;                                      ///< see schema_tree::slots()

    property const* find(std::string_view name) const;
};

/// One place of a schema: what it demands of a value there, by the value's type, and where the values below it belong.
struct schema_node {
    rapidjson::Value const* source = nullptr; ///< the schema text of this place, for messages
    unsigned types = type_any;
    std::optional<schema_values> values;
    schema_numbers number;
    schema_strings string;
    schema_array array;
    schema_object object;

    bool allows(schema_type type) const noexcept { return (types & type) != 0; }
};

/// All nodes of one schema.
class schema_tree {
public:
    /// `root` has passed prove_keywords() and outlives the tree.
    explicit schema_tree(rapidjson::Value const& root);
    schema_tree(schema_tree const&) = delete;
    schema_tree& operator=(schema_tree const&) = delete;
    schema_node const& root() const { return *m_root; }
    /// Every object and every property of it has a slot of its own, from 0 to below this.
    std::size_t slots() const noexcept { return m_slots; }

private:
    schema_node const* build(rapidjson::Value const& source);
    void build_object(schema_node& node);
    void build_properties(schema_node& node);

    rapidjson::Value m_anything{rapidjson::kObjectType};
    std::deque<schema_node> m_nodes;
    std::size_t m_slots = 0;
    schema_node const* m_any;
    schema_node const* m_root;
};

} // namespace notes_export
