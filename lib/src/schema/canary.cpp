#include "schema/canary.hpp"

#include "document/json_members.hpp"
#include "document/json_value.hpp"
#include "schema/pattern.hpp"
#include "schema/sample.hpp"
#include "schema/text.hpp"

#include <algorithm>
#include <array>

namespace notes_export {

namespace {

using rapidjson::Value;

/// Writes the cases of one place; those of the places below it are wrapped into documents of this one.
class case_writer {
public:
    case_writer(Value const& schema, schema_place const& place, canary_sink const& take)
        : m_schema{schema}, m_place{place}, m_take{take}, m_types{allowed_types(schema)} {}

    void run() {
        for (auto const& sample : fitting_samples(m_schema, m_place))
            add(sample, "");
        types();
        if (auto const* const list = find_member(m_schema, "enum"))
            add(unlisted(*list), "enum");
        else // listed values leave no room for the violations of other limits
            limits();
        bool const scalar = find_member(m_schema, "enum") != nullptr;
        if ((m_types & type_array) != 0 && !scalar)
            elements();
        if ((m_types & type_object) != 0 && !scalar)
            members();
    }

private:
    void add(std::string json, std::string keyword, std::string pointer = {}) {
        m_take({std::move(json), std::move(keyword), std::move(pointer)});
    }

    void types() {
        struct kind {
            unsigned type;
            char const* json;
        };
        static constexpr std::array<kind, 7> kinds{{{type_null, "null"},
                                                    {type_boolean, "true"},
                                                    {type_object, "{}"},
                                                    {type_array, "[]"},
                                                    {type_string, "\"1\""},
                                                    {type_fraction, "0.5"},
                                                    {type_integer, "1"}}};
        for (auto const& [type, json] : kinds)
            if ((m_types & type) == 0)
                add(json, "type");
    }

    /// A value that nothing but `enum` refuses.
    std::string unlisted(Value const& list) {
        for (auto const& value : unlisted_tries(list.Size()))
            if (fits_beside_enum(m_schema, value) && std::find(list.Begin(), list.End(), value) == list.End())
                return json_text(value);
        m_place.fail("\"enum\" refuses nothing that was tried and that the keywords beside it allow");
    }

    /// Of each kind of value one more than are listed, where the limits leave room for as many.
    std::vector<Value> unlisted_tries(std::int64_t listed) {
        std::vector<Value> tries;
        tries.emplace_back();
        tries.emplace_back(true);
        tries.emplace_back(false);
        auto const [least, greatest] = integer_range(m_schema);
        auto const middle = std::clamp<std::int64_t>(0, least, std::max(least, greatest));
        for (std::int64_t i = 0; i <= listed; ++i) {
            tries.emplace_back(middle + i);
            tries.emplace_back(middle - i);
            tries.emplace_back(text(std::to_string(i)));
        }
        tries.emplace_back(static_cast<double>(middle) + 0.5);
        tries.emplace_back(static_cast<double>(middle) - 0.5);
        for (char c = ' '; c <= '~'; ++c)
            tries.emplace_back(text({c}));
        tries.emplace_back(text(""));
        return tries;
    }

    /// As long as it must be.
    Value text(std::string begin) {
        begin.resize(std::max(begin.size(), limit(m_schema, "minLength", 0)), 'x');
        return {begin.c_str(), static_cast<rapidjson::SizeType>(begin.size()), m_strings};
    }

    void limits() {
        auto const [least, greatest] = integer_range(m_schema);
        if (find_member(m_schema, "minimum"))
            add(std::to_string(least - 1), "minimum");
        if (find_member(m_schema, "maximum"))
            add(std::to_string(greatest + 1), "maximum");
        if (std::size_t const length = limit(m_schema, "minLength", 0); length > 0)
            add(json_string(std::string(length - 1, 'x')), "minLength");
        if (find_member(m_schema, "maxLength"))
            add(json_string(std::string(limit(m_schema, "maxLength", 0) + 1, 'x')), "maxLength");
        if (auto const* const pattern = find_member(m_schema, "pattern"))
            add(unmatched(schema_pattern{text_of(*pattern)}), "pattern");
    }

    /// A text of an allowed length that the pattern refuses.
    std::string unmatched(schema_pattern const& pattern) {
        std::size_t const least = limit(m_schema, "minLength", 0);
        std::size_t const most = limit(m_schema, "maxLength", std::string::npos);
        for (std::size_t length : {least, std::max<std::size_t>(least, 1), least + 1, least + 100})
            for (char c = ' '; c <= '~' && length <= most; ++c)
                if (std::string const tried(length, c);
                    length <= schema_pattern::longest_text && !pattern.matches(tried))
                    return json_string(tried);
        m_place.fail("\"pattern\" refuses nothing that was tried");
    }

    void elements() {
        auto const* const items = find_member(m_schema, "items");
        auto const place = m_place.step("items");
        auto const element = items ? fitting_samples(*items, place).front() : std::string{"null"};
        std::size_t const least = limit(m_schema, "minItems", 0);
        if (least > 0)
            add(array_of(least - 1, element), "minItems");
        if (find_member(m_schema, "maxItems"))
            add(array_of(limit(m_schema, "maxItems", 0) + 1, element), "maxItems");
        if (!items)
            return;
        for_each_canary_case(*items, place, [&](canary_case c) {
            add(array_of(std::max<std::size_t>(least, 1), element, c.json), std::move(c.keyword), "/0" + c.pointer);
        });
    }

    void members() {
        auto const required = required_members(m_schema, m_place);
        for (auto const& member : required)
            add(object_of(members_without(required, member.name)), "required");
        if (auto const* const properties = find_member(m_schema, "properties"))
            for (auto const& [name, child] : properties->GetObject())
                member_cases(required, text_of(name), child, m_place.step("properties").step(text_of(name)));
        if (auto const* const additional = find_member(m_schema, "additionalProperties"))
            others(required, *additional);
    }

    void others(std::vector<sample_member> const& required, Value const& additional) {
        auto const* const properties = find_member(m_schema, "properties");
        auto const name = unlisted_name();
        if (additional.IsObject()) {
            auto const place = m_place.step("additionalProperties");
            member_cases(required, name, additional, place);
            for (auto const& member : required)
                if (!properties || !find_member(*properties, member.name))
                    member_cases(required, member.name, additional, place);
        } else if (!additional.GetBool()) {
            add(object_of(members_without(required, name), sample_member{name, "null"}), "additionalProperties",
                pointer_step(name));
        }
    }

    void member_cases(std::vector<sample_member> const& required, std::string_view name, Value const& child,
                      schema_place const& place) {
        auto const others = members_without(required, name);
        auto const step = pointer_step(name);
        for_each_canary_case(child, place, [&](canary_case const& c) {
            add(object_of(others, sample_member{name, c.json}), c.keyword, step + c.pointer);
        });
    }

    std::string unlisted_name() const {
        std::string name{"canary"};
        auto const* const properties = find_member(m_schema, "properties");
        while ((properties && find_member(*properties, name)) || is_required(m_schema, name))
            name += '_';
        return name;
    }

    Value const& m_schema;
    schema_place const& m_place;
    canary_sink const& m_take;
    unsigned m_types;
    rapidjson::MemoryPoolAllocator<> m_strings;
};

std::string answer(std::optional<violation> const& v) {
    return v ? "refused by \"" + v->keyword + "\" at \"" + v->pointer + "\" (" + v->detail + ")" : "accepted";
}

} // namespace

void for_each_canary_case(Value const& schema, schema_place const& place, canary_sink const& take) {
    case_writer{schema, place, take}.run();
}

void prove_canary(Value const& schema, schema_place const& place, check_function const& check) {
    for_each_canary_case(schema, place, [&](canary_case const& c) {
        auto const found = check(c.json);
        bool const as_expected =
            c.keyword.empty() ? !found : found && found->keyword == c.keyword && found->pointer == c.pointer;
        if (as_expected)
            return;
        auto const expected =
            c.keyword.empty() ? "accepted" : "refused by \"" + c.keyword + "\" at \"" + c.pointer + "\"";
        place.fail("the check does not work: " + printable(c.json, 200) + " should be " + expected + ", was " +
                   answer(found));
    });
}

} // namespace notes_export
