#include "schema/node.hpp"

#include "document/json_members.hpp"
#include "schema/text.hpp"

#include <algorithm>
#include <tuple>

namespace notes_export {

namespace {

using rapidjson::Value;

schema_values read_values(Value const& list) {
    schema_values values;
    for (auto const& v : list.GetArray()) {
        if (v.IsNull())
            values.null = true;
        else if (v.IsBool())
            (v.GetBool() ? values.yes : values.no) = true;
        else if (v.IsInt64())
            values.integers.push_back(v.GetInt64());
        else
            values.strings.emplace_back(text_of(v));
    }
    return values;
}

schema_numbers read_numbers(Value const& source) {
    schema_numbers numbers;
    if (auto const* const minimum = find_member(source, "minimum"))
        numbers.fractions.least = minimum->GetDouble();
    if (auto const* const maximum = find_member(source, "maximum"))
        numbers.fractions.greatest = maximum->GetDouble();
    auto& range = numbers.integers;
    std::tie(range.least, range.greatest) = integer_range(source, {range.least, range.greatest});
    return numbers;
}

schema_range<std::size_t> read_limits(Value const& source, char const* least, char const* greatest) {
    constexpr schema_range<std::size_t> any;
    return {limit(source, least, any.least), limit(source, greatest, any.greatest)};
}

} // namespace

bool schema_values::has(std::string_view text) const {
    return std::find(strings.begin(), strings.end(), text) != strings.end();
}

bool schema_values::has(std::int64_t number) const {
    return std::find(integers.begin(), integers.end(), number) != integers.end();
}

schema_object::property const* schema_object::find(std::string_view name) const {
    auto const found = by_name.find(name);
    return found == by_name.end() ? nullptr : &properties[found->second];
}

schema_tree::schema_tree(Value const& root) {
    auto& any = m_nodes.emplace_back();
    any.source = &m_anything;
    any.array.items = &any;
    any.object.additional = &any;
    any.object.slot = m_slots++;
    m_any = &any;
    m_root = build(root);
}

schema_node const* schema_tree::build(Value const& source) {
    auto& node = m_nodes.emplace_back();
    node.source = &source;
    node.types = allowed_types(source);
    if (auto const* const list = find_member(source, "enum"))
        node.values = read_values(*list);
    node.number = read_numbers(source);
    node.string.lengths = read_limits(source, "minLength", "maxLength");
    if (auto const* const pattern = find_member(source, "pattern"))
        node.string.pattern.emplace(text_of(*pattern));
    node.array.counts = read_limits(source, "minItems", "maxItems");
    auto const* const items = find_member(source, "items");
    node.array.items = items ? build(*items) : m_any;
    build_object(node);
    return &node;
}

void schema_tree::build_object(schema_node& node) {
    node.object.slot = m_slots++;
    auto const* const additional = find_member(*node.source, "additionalProperties");
    node.object.additional = additional && additional->IsObject() ? build(*additional) : m_any;
    node.object.open = !additional || !additional->IsBool() || additional->GetBool();
    build_properties(node);
}

void schema_tree::build_properties(schema_node& node) {
    auto const& source = *node.source;
    auto& object = node.object;
    auto add = [&](std::string_view name, schema_node const* child, bool required) {
        object.properties.push_back({std::string{name}, child, required, m_slots++});
        object.required += required ? 1 : 0;
    };
    if (auto const* const properties = find_member(source, "properties"))
        for (auto const& [name, child] : properties->GetObject())
            add(text_of(name), build(child), is_required(source, text_of(name)));
    if (auto const* const required = find_member(source, "required"))
        for (auto const& name : required->GetArray())
            if (std::none_of(object.properties.begin(), object.properties.end(),
                             [&](auto const& p) { return p.name == text_of(name); }))
                add(text_of(name), object.additional, true);
    for (std::size_t i = 0; i < object.properties.size(); ++i)
        object.by_name.emplace(object.properties[i].name, i);
}

} // namespace notes_export
