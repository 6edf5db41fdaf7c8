#include "schema/keywords.hpp"

#include "document/json_members.hpp"
#include "notes_export/error.hpp"
#include "schema/pattern.hpp"
#include "schema/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <stdexcept>

namespace notes_export {

namespace {

using rapidjson::Value;

unsigned type_by_name(std::string_view name) {
    struct entry {
        std::string_view name;
        unsigned bits;
    };
    static constexpr std::array<entry, 7> names{{{"null", type_null},
                                                 {"boolean", type_boolean},
                                                 {"object", type_object},
                                                 {"array", type_array},
                                                 {"string", type_string},
                                                 {"number", type_fraction | type_integer},
                                                 {"integer", type_integer}}};
    auto const found = std::find_if(names.begin(), names.end(), [&](entry const& e) { return e.name == name; });
    return found == names.end() ? 0 : found->bits;
}

bool is_any(Value const&) {
    return true;
}
bool is_text(Value const& v) {
    return v.IsString();
}
bool is_list(Value const& v) {
    return v.IsArray();
}
bool is_schema(Value const& v) {
    return v.IsObject();
}
bool is_schema_or_bool(Value const& v) {
    return v.IsObject() || v.IsBool();
}

bool is_draft_07(Value const& v) {
    return v.IsString() && (text_of(v) == "http://json-schema.org/draft-07/schema#" ||
                            text_of(v) == "http://json-schema.org/draft-07/schema");
}

/// Distinct texts, at least `least` of them.
bool is_text_set(Value const& v, std::size_t least) {
    if (!v.IsArray() || v.Size() < least)
        return false;
    std::set<std::string_view> seen;
    return std::all_of(v.Begin(), v.End(),
                       [&](Value const& e) { return e.IsString() && seen.insert(text_of(e)).second; });
}

bool is_name_list(Value const& v) {
    return is_text_set(v, 0);
}

bool is_type(Value const& v) {
    if (v.IsString())
        return type_by_name(text_of(v)) != 0;
    return is_text_set(v, 1) &&
           std::all_of(v.Begin(), v.End(), [](Value const& e) { return type_by_name(text_of(e)) != 0; });
}

bool is_schema_map(Value const& v) {
    return v.IsObject() &&
           std::all_of(v.MemberBegin(), v.MemberEnd(), [](auto const& member) { return member.value.IsObject(); });
}

/// Beyond 2^53 a double no longer holds every integer, and comparisons with it would be off by some.
bool is_bound(Value const& v) {
    return v.IsNumber() && std::abs(v.GetDouble()) <= 9007199254740992.0;
}

/// Larger limits could not be proven at start: the canary writes a document of that size.
bool is_limit(Value const& v) {
    return v.IsUint() && v.GetUint() <= 65536;
}

bool is_scalar_list(Value const& v) {
    return v.IsArray() && !v.Empty() && std::all_of(v.Begin(), v.End(), [](Value const& e) {
               return e.IsString() || e.IsBool() || e.IsNull() || (e.IsInt64() && is_bound(e));
           });
}

struct keyword_rule {
    std::string_view name;
    bool (*proper)(Value const&);
    char const* expected;
    unsigned applies_to;
};

constexpr unsigned type_number = type_fraction | type_integer;

constexpr std::array<keyword_rule, 20> rules{{
    {"$schema", is_draft_07, "name draft-07 (http://json-schema.org/draft-07/schema#)", type_any},
    {"$id", is_text, "be a string", type_any},
    {"$comment", is_text, "be a string", type_any},
    {"title", is_text, "be a string", type_any},
    {"description", is_text, "be a string", type_any},
    {"default", is_any, "", type_any},
    {"examples", is_list, "be an array", type_any},
    {"type", is_type, "be one of the seven type names, or an array of different ones", type_any},
    {"enum", is_scalar_list, "be an array of strings, integers, booleans or null", type_any},
    {"pattern", is_text, "be a string", type_string},
    {"minLength", is_limit, "be an integer from 0 to 65536", type_string},
    {"maxLength", is_limit, "be an integer from 0 to 65536", type_string},
    {"minimum", is_bound, "be a number within +-2^53", type_number},
    {"maximum", is_bound, "be a number within +-2^53", type_number},
    {"required", is_name_list, "be an array of different strings", type_object},
    {"properties", is_schema_map, "be an object of schemas", type_object},
    {"additionalProperties", is_schema_or_bool, "be a schema, true or false", type_object},
    {"items", is_schema, "be one schema", type_array},
    {"minItems", is_limit, "be an integer from 0 to 65536", type_array},
    {"maxItems", is_limit, "be an integer from 0 to 65536", type_array},
}};

void prove_keyword(std::string const& name, Value const& value, unsigned types, schema_place const& place) {
    auto const rule = std::find_if(rules.begin(), rules.end(), [&](keyword_rule const& r) { return r.name == name; });
    if (rule == rules.end())
        place.fail("keyword \"" + name + "\" is not supported");
    if (!rule->proper(value))
        place.fail("\"" + name + "\" must " + rule->expected);
    if ((rule->applies_to & types) == 0)
        place.fail("\"" + name + "\" has no effect beside this \"type\"");
    if (name == "pattern") {
        try {
            schema_pattern{text_of(value)};
        } catch (std::invalid_argument const& e) {
            place.fail("\"pattern\" cannot be used: " + std::string{e.what()});
        }
    }
}

void prove_order(Value const& schema, char const* least, char const* most, schema_place const& place) {
    auto const* const low = find_member(schema, least);
    auto const* const high = find_member(schema, most);
    if (low && high && low->GetDouble() > high->GetDouble())
        place.fail("\"" + std::string{least} + "\" is greater than \"" + most + "\"");
}

/// Keywords that are fine one by one and wrong together.
void prove_together(Value const& schema, schema_place const& place) {
    prove_order(schema, "minimum", "maximum", place);
    prove_order(schema, "minLength", "maxLength", place);
    prove_order(schema, "minItems", "maxItems", place);
    if (find_member(schema, "enum") && find_member(schema, "pattern"))
        place.fail("\"enum\" and \"pattern\" side by side are not supported");
    if (find_member(schema, "enum"))
        for (auto const& rule : rules)
            if ((rule.applies_to & ~(type_object | type_array)) == 0 && find_member(schema, rule.name))
                place.fail("\"" + std::string{rule.name} +
                           "\" has no effect beside \"enum\", whose values are neither objects nor arrays");
    auto const* const additional = find_member(schema, "additionalProperties");
    auto const* const required = find_member(schema, "required");
    if (!required || !additional || !additional->IsBool() || additional->GetBool())
        return;
    auto const* const properties = find_member(schema, "properties");
    for (auto const& name : required->GetArray())
        if (!properties || !properties->HasMember(name))
            place.fail("\"required\" names \"" + std::string{text_of(name)} + "\", which is not allowed");
}

} // namespace

unsigned allowed_types(Value const& schema) {
    auto const* const type = find_member(schema, "type");
    if (!type)
        return type_any;
    if (type->IsString())
        return type_by_name(text_of(*type));
    unsigned types = 0;
    for (auto const& name : type->GetArray())
        types |= type_by_name(text_of(name));
    return types;
}

std::size_t limit(Value const& schema, std::string_view keyword, std::size_t otherwise) {
    auto const* const value = find_member(schema, keyword);
    return value ? value->GetUint() : otherwise;
}

std::pair<std::int64_t, std::int64_t> integer_range(Value const& schema,
                                                    std::pair<std::int64_t, std::int64_t> otherwise) {
    auto const* const minimum = find_member(schema, "minimum");
    auto const* const maximum = find_member(schema, "maximum");
    return {minimum ? static_cast<std::int64_t>(std::ceil(minimum->GetDouble())) : otherwise.first,
            maximum ? static_cast<std::int64_t>(std::floor(maximum->GetDouble())) : otherwise.second};
}

bool is_required(Value const& schema, std::string_view property) {
    auto const* const required = find_member(schema, "required");
    return required && std::any_of(required->Begin(), required->End(),
                                   [&](Value const& name) { return text_of(name) == property; });
}

std::string pointer_step(std::string_view name) {
    std::string step{"/"};
    for (char const c : name) {
        if (c == '~')
            step += "~0";
        else if (c == '/')
            step += "~1";
        else
            step += c;
    }
    return step;
}

void schema_place::fail(std::string const& reason) const {
    throw schema_error{file + "#" + pointer + ": " + reason};
}

void for_each_subschema(Value const& schema, schema_place const& place,
                        std::function<void(Value const&, schema_place const&)> const& visit) {
    if (auto const* const properties = find_member(schema, "properties"))
        for (auto const& member : properties->GetObject())
            visit(member.value, place.step("properties").step(text_of(member.name)));
    for (char const* const keyword : {"additionalProperties", "items"})
        if (auto const* const child = find_member(schema, keyword); child && child->IsObject())
            visit(*child, place.step(keyword));
}

void prove_keywords(Value const& schema, schema_place const& place) {
    if (!schema.IsObject())
        place.fail("a schema must be a JSON object");
    if (auto const* const type = find_member(schema, "type"); type && !is_type(*type))
        prove_keyword("type", *type, type_any, place);
    unsigned const types = allowed_types(schema);
    for (auto const& member : schema.GetObject())
        prove_keyword(std::string{text_of(member.name)}, member.value, types, place);
    prove_together(schema, place);
    for_each_subschema(schema, place, prove_keywords);
}

} // namespace notes_export
