#include "schema/node.hpp"

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

void read_numbers(schema_node& node) {
    if (auto const* const minimum = find_keyword(*node.source, "minimum"))
        node.numbers.least = minimum->GetDouble();
    if (auto const* const maximum = find_keyword(*node.source, "maximum"))
        node.numbers.greatest = maximum->GetDouble();
    auto& range = node.integers;
    std::tie(range.least, range.greatest) = integer_range(*node.source, {range.least, range.greatest});
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

schema_node::property const* schema_node::find(std::string_view name) const {
    auto const found = by_name.find(name);
    return found == by_name.end() ? nullptr : &properties[found->second];
}

schema_tree::schema_tree(Value const& root) {
    auto& any = m_nodes.emplace_back();
    any.source = &m_anything;
    any.additional = &any;
    any.items = &any;
    any.slot = m_slots++;
    m_any = &any;
    m_root = build(root);
}

schema_node const* schema_tree::build(Value const& source) {
    auto& node = m_nodes.emplace_back();
    node.source = &source;
    node.slot = m_slots++;
    node.types = allowed_types(source);
    read_numbers(node);
    node.lengths = read_limits(source, "minLength", "maxLength");
    node.counts = read_limits(source, "minItems", "maxItems");
    if (auto const* const pattern = find_keyword(source, "pattern"))
        node.pattern.emplace(text_of(*pattern));
    if (auto const* const list = find_keyword(source, "enum"))
        node.values = read_values(*list);
    auto const* const items = find_keyword(source, "items");
    node.items = items ? build(*items) : m_any;
    auto const* const additional = find_keyword(source, "additionalProperties");
    node.additional = additional && additional->IsObject() ? build(*additional) : m_any;
    node.open = !additional || !additional->IsBool() || additional->GetBool();
    build_properties(node);
    return &node;
}

void schema_tree::build_properties(schema_node& node) {
    auto const& source = *node.source;
    auto add = [&](std::string_view name, schema_node const* child, bool required) {
        node.properties.push_back({std::string{name}, child, required, m_slots++});
        node.required += required ? 1 : 0;
    };
    if (auto const* const properties = find_keyword(source, "properties"))
        for (auto const& [name, child] : properties->GetObject())
            add(text_of(name), build(child), is_required(source, text_of(name)));
    if (auto const* const required = find_keyword(source, "required"))
        for (auto const& name : required->GetArray())
            if (std::none_of(node.properties.begin(), node.properties.end(),
                             [&](auto const& p) { return p.name == text_of(name); }))
                add(text_of(name), node.additional, true);
    for (std::size_t i = 0; i < node.properties.size(); ++i)
        node.by_name.emplace(node.properties[i].name, i);
}

} // namespace notes_export
