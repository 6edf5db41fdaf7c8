#include "document/engine_schema.hpp"

#include "document/schema_keywords.hpp"
#include "document/schema_text.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace notes_export {

namespace {

using rapidjson::Document;
using rapidjson::Value;

Value copy_of(Value const& source, Document::AllocatorType& memory);

std::string_view text_of(Value const& v) {
    return {v.GetString(), v.GetStringLength()};
}

Value text(std::string_view from, Document::AllocatorType& memory) {
    return Value{from.data(), static_cast<rapidjson::SizeType>(from.size()), memory};
}

/// Names of few lengths would have to be compared letter by letter.
std::string nth_name(std::size_t n) {
    constexpr std::size_t lengths = 32;
    return std::string(1 + n % lengths, static_cast<char>('A' + n / lengths % 26)) + std::string(n / lengths / 26, '.');
}

/// The properties of an object, each with what it must fit; nullptr where that is nothing.
std::map<std::string_view, Value const*> properties_of(Value const& schema) {
    std::map<std::string_view, Value const*> all;
    if (auto const* const listed = find_keyword(schema, "properties"))
        for (auto const& [name, form] : listed->GetObject())
            all.emplace(text_of(name), &form);
    // The engine takes a key that only `required` names for one without a schema of its own.
    auto const* const additional = find_keyword(schema, "additionalProperties");
    if (auto const* const required = find_keyword(schema, "required"))
        for (auto const& name : required->GetArray())
            all.emplace(text_of(name), additional && additional->IsObject() ? additional : nullptr);
    return all;
}

Value copy_of(Value const& source, Document::AllocatorType& memory) {
    static constexpr std::array<char const*, 7> as_they_are{"type",      "minimum",  "maximum", "minLength",
                                                            "maxLength", "minItems", "maxItems"};
    Value copy{rapidjson::kObjectType};
    for (char const* const keyword : as_they_are)
        if (auto const* const value = find_keyword(source, keyword))
            copy.AddMember(Value{keyword, memory}, Value{*value, memory}, memory);
    for (char const* const keyword : {"items", "additionalProperties"})
        if (auto const* const child = find_keyword(source, keyword))
            copy.AddMember(Value{keyword, memory}, child->IsObject() ? copy_of(*child, memory) : Value{*child, memory},
                           memory);
    engine_names const names{source};
    Value properties{rapidjson::kObjectType};
    names.for_each_form([&](std::string const& name, Value const& form) {
        properties.AddMember(text(name, memory), copy_of(form, memory), memory);
    });
    if (!properties.ObjectEmpty())
        copy.AddMember("properties", properties, memory);
    if (auto const* const required = find_keyword(source, "required")) {
        Value list{rapidjson::kArrayType};
        for (auto const& name : required->GetArray())
            list.PushBack(text(names.of(text_of(name)), memory), memory);
        copy.AddMember("required", list, memory);
    }
    return copy;
}

} // namespace

engine_names::engine_names(Value const& schema) {
    struct shared_form {
        Value const* schema;
        std::vector<std::string_view> properties;
    };
    std::map<std::string, shared_form> shared;
    std::vector<std::pair<std::string_view, Value const*>> required;
    for (auto const& [property, form] : properties_of(schema))
        if (is_required(schema, property))
            required.emplace_back(property, form);
        else {
            auto& same = shared.try_emplace(json_text(engine_schema(*form)), shared_form{form, {}}).first->second;
            same.properties.push_back(property);
        }
    std::vector<shared_form> most_first;
    for (auto& [key, form] : shared)
        most_first.push_back(std::move(form));
    std::ranges::stable_sort(most_first, std::ranges::greater{},
                             [](shared_form const& f) { return f.properties.size(); });

    for (auto const& f : most_first) {
        m_forms.push_back({f.schema, nth_name(m_forms.size())});
        for (auto const property : f.properties)
            m_names.emplace(property, m_forms.back().name);
    }
    for (auto const& [property, form] : required) {
        m_forms.push_back({form, nth_name(m_forms.size())});
        m_names.emplace(property, m_forms.back().name);
    }
}

void engine_names::for_each_form(std::function<void(std::string const&, Value const&)> const& add) const {
    for (auto const& f : m_forms)
        if (f.schema != nullptr)
            add(f.name, *f.schema);
}

Document engine_schema(Value const& schema) {
    Document document;
    static_cast<Value&>(document) = copy_of(schema, document.GetAllocator());
    return document;
}

} // namespace notes_export
