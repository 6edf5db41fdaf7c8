// Schemas that admit nothing, and such as look so: what is said is what is so.
#include "support/catch.hpp"

#include "notes_export/error.hpp"
#include "schema/schema.hpp"

#include <string>

using namespace notes_export;

namespace {

std::string load_error(std::string const& text) {
    try {
        schema::parse(text, "test.schema.json");
    } catch (schema_error const& e) {
        return e.what();
    }
    return "no error";
}

bool contains(std::string const& text, std::string const& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("schema: what admits no value is refused for that, with its place", "[schema]") {
    auto const text = GENERATE(
        R"({"type":"integer","enum":[1,2],"maximum":-0.5})", R"({"type":"integer","enum":[1,2],"minimum":2.5})",
        R"({"type":"number","enum":[1,2],"minimum":1.1,"maximum":1.9})", R"({"enum":[1,2],"maximum":0})",
        R"({"type":"string","enum":["a","bb"],"minLength":3})", R"({"type":"string","enum":["aaa"],"maxLength":2})",
        R"({"type":["string","null"],"enum":[1,true]})", R"({"type":"integer","minimum":0.2,"maximum":0.8})",
        R"({"type":"string","pattern":"^abc$","maxLength":2})",
        R"({"type":"string","pattern":"^a*$","minLength":5000})", R"({"type":"string","pattern":"^a$","minLength":2})");
    INFO(text);
    auto const whole = load_error(text);
    INFO(whole);
    CHECK(contains(whole, "test.schema.json#: no value fits: "));
    auto const member = load_error(R"({"type":"object","properties":{"x":)" + std::string{text} + "}}");
    CHECK(contains(member, "test.schema.json#/properties/x: no value fits: "));
    auto const element = load_error(R"({"type":"array","items":)" + std::string{text} + "}");
    CHECK(contains(element, "test.schema.json#/items: no value fits: "));
    auto const other =
        load_error(R"({"type":"object","required":["a"],"additionalProperties":)" + std::string{text} + "}");
    CHECK(contains(other, "test.schema.json#/additionalProperties: no value fits: "));
}

TEST_CASE("schema: limits beside an enum that leave some of its values are fine", "[schema]") {
    auto const text = GENERATE(
        R"({"type":"integer","enum":[1,2,3],"maximum":2})", R"({"type":"integer","enum":[-5,1],"maximum":-0.5})",
        R"({"type":"string","enum":["a","bb"],"minLength":2})", R"({"type":"string","enum":["x"],"maxLength":1})",
        R"({"type":"number","enum":[0,1],"minimum":0,"maximum":1})",
        R"({"type":["integer","null"],"enum":[1],"minimum":0})",
        R"({"type":"integer","enum":[7],"minimum":7,"maximum":8})",
        R"({"type":"string","enum":["","a"],"maxLength":1})", R"({"enum":["a",1,null]})",
        R"({"type":"integer","enum":[-3,-2],"maximum":-2})");
    INFO(text);
    CHECK(load_error(text) == "no error");
    CHECK(load_error(R"({"type":"object","required":["x"],"properties":{"x":)" + std::string{text} + "}}") ==
          "no error");
}

TEST_CASE("schema: an enum that allows all that the limits do is said to refuse nothing", "[schema]") {
    auto const text = GENERATE(R"({"type":"integer","enum":[0,1],"minimum":0,"maximum":1})",
                               R"({"type":"string","enum":[""],"maxLength":0})", R"({"type":"null","enum":[null]})");
    CHECK(contains(load_error(text), "test.schema.json#: \"enum\" refuses nothing"));
}

TEST_CASE("schema: keywords of objects and arrays beside an enum are said to have no effect", "[schema]") {
    auto const keyword = GENERATE(R"("properties":{"x":{"type":"string"}})", R"("required":["x"])", R"("minItems":1)",
                                  R"("items":{"type":"null"})", R"("additionalProperties":false)");
    auto const message = load_error(std::string{R"({"enum":["a"],)"} + keyword + "}");
    INFO(message);
    CHECK(contains(message, "has no effect beside \"enum\""));
}

TEST_CASE("schema: no schema is refused because its own check does not work", "[schema]") {
    for (auto const* type : {"integer", "number", "string"})
        for (auto const* limits : {R"("minimum":1)", R"("maximum":-1)", R"("minimum":0.5,"maximum":0.5)",
                                   R"("minLength":2)", R"("maxLength":1)", R"("minLength":1,"maxLength":1)"})
            for (auto const* values : {R"("enum":[1])", R"("enum":[-1,0,1])", R"("enum":["a"])", R"("enum":["a","bb"])",
                                       R"("enum":["a",1,null,false])"}) {
                auto const text = std::string{R"({"type":")"} + type + R"(",)" + limits + ',' + values + '}';
                INFO(text);
                CHECK_FALSE(contains(load_error(text), "the check does not work"));
            }
}
