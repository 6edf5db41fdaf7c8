#include "schema/sample.hpp"

#include "document/json_members.hpp"
#include "document/json_value.hpp"
#include "notes_export/utf8.hpp"
#include "schema/pattern.hpp"
#include "schema/text.hpp"

#include <algorithm>
#include <optional>

namespace notes_export {

namespace {

using rapidjson::Value;

constexpr std::int64_t widest = std::int64_t{1} << 53;

/// Texts worth trying at a place with a pattern: the author's own first.
std::vector<std::string> candidate_strings(Value const& schema, std::optional<schema_pattern> const& pattern) {
    std::vector<std::string> candidates;
    if (auto const* const examples = find_member(schema, "examples"))
        for (auto const& example : examples->GetArray())
            if (example.IsString())
                candidates.emplace_back(text_of(example));
    if (auto const* const text = find_member(schema, "default"); text && text->IsString())
        candidates.emplace_back(text_of(*text));
    if (pattern)
        if (auto easy = pattern->example()) {
            candidates.push_back(*easy);
            easy->resize(std::max(easy->size(), limit(schema, "minLength", 0)), easy->empty() ? 'x' : easy->back());
            candidates.push_back(std::move(*easy));
        }
    candidates.emplace_back(limit(schema, "minLength", 0), 'x');
    return candidates;
}

std::string sample_string(Value const& schema, schema_place const& place) {
    std::optional<schema_pattern> pattern;
    if (auto const* const text = find_member(schema, "pattern"))
        pattern.emplace(text_of(*text));
    std::size_t const least = limit(schema, "minLength", 0);
    std::size_t const most = limit(schema, "maxLength", std::string::npos);
    for (auto const& candidate : candidate_strings(schema, pattern)) {
        std::size_t const length = code_points(candidate);
        if (length < least || length > most)
            continue;
        if (!pattern || (candidate.size() <= schema_pattern::longest_text && pattern->matches(candidate)))
            return json_string(candidate);
    }
    place.fail("no value fits: no string was found for all limits and \"pattern\"; if there is one, give it under "
               "\"examples\"");
}

void add_numbers(std::vector<std::string>& samples, Value const& schema, unsigned types, schema_place const& place) {
    auto const [least, greatest] = integer_range(schema);
    bool const fractions = (types & type_fraction) != 0;
    if (least > greatest) { // then both bounds are there
        if (!fractions)
            place.fail("no value fits: there is no integer between \"minimum\" and \"maximum\"");
        double const both = find_member(schema, "minimum")->GetDouble() + find_member(schema, "maximum")->GetDouble();
        samples.push_back(json_text(Value{both / 2}));
        return;
    }
    std::int64_t const sample = std::clamp<std::int64_t>(0, least, greatest);
    samples.push_back(std::to_string(sample));
    if (fractions && sample < greatest) // then it is not negative
        samples.push_back(std::to_string(sample) + ".5");
}

std::vector<std::string> listed_samples(Value const& schema, Value const& list, schema_place const& place) {
    std::vector<std::string> samples;
    bool right_type = false;
    for (auto const& value : list.GetArray()) {
        right_type = right_type || (scalar_type(value) & allowed_types(schema)) != 0;
        if (fits_beside_enum(schema, value))
            samples.push_back(json_text(value));
    }
    if (!right_type)
        place.fail("no value fits: none of \"enum\" is of the right \"type\"");
    if (samples.empty())
        place.fail("no value fits: none of \"enum\" is within the other limits");
    return samples;
}

} // namespace

std::pair<std::int64_t, std::int64_t> integer_range(Value const& schema) {
    return integer_range(schema, {-widest, widest});
}

unsigned scalar_type(Value const& v) {
    if (v.IsNull())
        return type_null;
    if (v.IsBool())
        return type_boolean;
    if (v.IsString())
        return type_string;
    return v.IsInt64() ? type_integer : type_fraction;
}

bool fits_beside_enum(Value const& schema, Value const& v) {
    auto const type = scalar_type(v);
    if ((type & allowed_types(schema)) == 0)
        return false;
    if (type == type_string) {
        auto const length = code_points(text_of(v));
        return length >= limit(schema, "minLength", 0) && length <= limit(schema, "maxLength", std::string::npos);
    }
    if ((type & (type_integer | type_fraction)) == 0)
        return true;
    auto const* const minimum = find_member(schema, "minimum");
    auto const* const maximum = find_member(schema, "maximum");
    return (!minimum || v.GetDouble() >= minimum->GetDouble()) && (!maximum || v.GetDouble() <= maximum->GetDouble());
}

std::string array_of(std::size_t count, std::string const& element, std::string const& first) {
    std::string text{"["};
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0)
            text += ',';
        text += i == 0 && !first.empty() ? first : element;
    }
    return text + ']';
}

sample_member::sample_member(std::string_view its_name, std::string_view json)
    : name{its_name}, text{json_string(its_name).append(":").append(json)} {}

std::string members_without(std::vector<sample_member> const& members, std::string_view name) {
    std::string text;
    for (auto const& member : members)
        if (member.name != name)
            text.append(text.empty() ? "" : ",").append(member.text);
    return text;
}

std::string object_of(std::vector<sample_member> const& members) {
    std::string text{"{"};
    for (auto const& member : members)
        text.append(text.size() > 1 ? "," : "").append(member.text);
    return text + '}';
}

std::string object_of(std::string const& members) {
    return '{' + members + '}';
}

std::string object_of(std::string const& members, sample_member const& last) {
    return '{' + members + (members.empty() ? "" : ",") + last.text + '}';
}

std::vector<sample_member> required_members(Value const& schema, schema_place const& place) {
    std::vector<sample_member> members;
    auto const* const required = find_member(schema, "required");
    if (!required)
        return members;
    auto const* const properties = find_member(schema, "properties");
    auto const* const additional = find_member(schema, "additionalProperties");
    for (auto const& value : required->GetArray()) {
        std::string const name{text_of(value)};
        Value const* child = properties ? find_member(*properties, name) : nullptr;
        auto at = place.step("properties").step(name);
        if (!child && additional && additional->IsObject()) {
            child = additional;
            at = place.step("additionalProperties");
        }
        members.emplace_back(name, child ? fitting_samples(*child, at).front() : "null");
    }
    return members;
}

std::vector<std::string> fitting_samples(Value const& schema, schema_place const& place) {
    unsigned const types = allowed_types(schema);
    if (auto const* const list = find_member(schema, "enum"))
        return listed_samples(schema, *list, place);
    std::vector<std::string> samples;
    if ((types & type_null) != 0)
        samples.emplace_back("null");
    if ((types & type_boolean) != 0)
        samples.emplace_back("false");
    if ((types & type_integer) != 0)
        add_numbers(samples, schema, types, place);
    if ((types & type_string) != 0)
        samples.push_back(sample_string(schema, place));
    if ((types & type_array) != 0) {
        auto const* const items = find_member(schema, "items");
        auto const element = items ? fitting_samples(*items, place.step("items")).front() : std::string{"null"};
        samples.push_back(array_of(limit(schema, "minItems", 0), element));
    }
    if ((types & type_object) != 0)
        samples.push_back(object_of(required_members(schema, place)));
    return samples;
}

} // namespace notes_export
