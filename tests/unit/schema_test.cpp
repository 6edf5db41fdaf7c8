#include "notes_export/error.hpp"
#include "schema/canary.hpp"
#include "schema/loaded.hpp"
#include "schema/pattern.hpp"
#include "schema/schema.hpp"
#include "support/catch.hpp"

#include <filesystem>
#include <set>
#include <stdexcept>
#include <string>

using namespace notes_export;

namespace {

schema_checker checker_of(std::string_view text) {
    return schema_checker{schema::parse(text, "test.schema.json")};
}

std::string keyword_of(std::optional<violation> const& v) {
    return v ? v->keyword : "accepted";
}

/// The keyword that refuses `json`, or "accepted".
std::string verdict(std::string_view schema_text, std::string_view json) {
    return keyword_of(checker_of(schema_text).check(json));
}

template <class Action>
std::string error_of(Action const& action) {
    try {
        action();
    } catch (schema_error const& e) {
        return e.what();
    }
    return "no error";
}

std::string load_error(std::string_view schema_text) {
    return error_of([&] { schema::parse(schema_text, "test.schema.json"); });
}

bool contains(std::string const& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// The error names the file, the place and the reason.
void check_refused(std::string_view schema_text, std::string const& place, std::string_view reason) {
    auto const message = load_error(schema_text);
    INFO(message);
    CHECK(contains(message, "test.schema.json#" + place + ": "));
    CHECK(contains(message, reason));
}

std::filesystem::path const shipped = std::filesystem::path{EXPORTD_SOURCE_DIR} / "conf/schemas";

} // namespace

TEST_CASE("schema: each keyword refuses its violation and says where") {
    struct example {
        char const *schema, *good, *bad, *keyword, *pointer;
    };
    auto const e = GENERATE(
        example{R"({"type":["string","null"]})", "null", "1", "type", ""},
        example{R"({"properties":{"n":{"type":"integer","minimum":1}}})", R"({"n":1})", R"({"n":0})", "minimum", "/n"},
        example{R"({"properties":{"n":{"maximum":1.5}}})", R"({"n":1.5})", R"({"n":1.5000000000000002})", "maximum",
                "/n"},
        example{R"({"items":{"minLength":2}})", R"(["äö"])", R"(["äö","ä"])", "minLength", "/1"},
        example{R"({"maxLength":2})", R"("äö")", R"("abc")", "maxLength", ""},
        example{R"({"minItems":1})", "[1]", "[]", "minItems", ""},
        example{R"({"maxItems":1})", "[1]", "[1,2]", "maxItems", ""},
        example{R"({"items":{"required":["a/b"]}})", R"([{"a/b":1}])", R"([{"a/b":1},{}])", "required", "/1"},
        example{R"({"properties":{"a":{}},"additionalProperties":false})", R"({"a":1})", R"({"b~/":1})",
                "additionalProperties", "/b~0~1"},
        example{R"({"additionalProperties":{"type":"null"}})", R"({"b":null})", R"({"b":1})", "type", "/b"},
        example{R"({"enum":["a",1,null,true]})", "1.0", R"("b")", "enum", ""},
        example{R"({"enum":["a",1,null,true]})", "true", "[]", "enum", ""},
        example{R"({"items":{"properties":{"d":{"pattern":"^\\d{4}$"}}}})", R"([{"d":"2024"}])", R"([{"d":"24"}])",
                "pattern", "/0/d"},
        example{R"({"additionalProperties":{"items":{"pattern":"^a|b$"}}})", R"({"x":["ax","xb"]})",
                R"({"x":["ax","xax"]})", "pattern", "/x/1"});
    auto checker = checker_of(e.schema);
    INFO(e.schema);
    CHECK(keyword_of(checker.check(e.good)) == "accepted");
    auto const v = checker.check(e.bad);
    REQUIRE(v);
    CHECK(v->keyword == e.keyword);
    CHECK(v->pointer == e.pointer);
    CHECK(keyword_of(checker.check(e.good)) == "accepted"); // nothing is left behind
}

TEST_CASE("schema: a violation tells what was expected and what was found") {
    auto checker = checker_of(R"({"required":["id","name"],"properties":{"id":{"minimum":1}}})");
    CHECK(contains(checker.check(R"({"id":7})")->detail, "\"name\""));
    CHECK(checker.check(R"({"id":-3,"name":1})")->detail == "\"minimum\" is 1, found -3");
}

TEST_CASE("schema: the detail of a violation is short and on one line") {
    auto checker = checker_of(R"({"type":"null"})");
    auto const detail = checker.check("\"a\\nb\xC2\x9B" + std::string(5000, 'x') + "\"")->detail;
    CHECK(contains(detail, "a\\u000ab\\u009b"));
    CHECK(detail.size() < 200);
}

TEST_CASE("schema: a key that only required names is an additional property") {
    CHECK(verdict(R"({"required":["x"],"additionalProperties":{"type":"string"}})", R"({"x":1})") == "type");
    CHECK(verdict(R"({"required":["x"],"additionalProperties":{"type":"string"}})", R"({"x":"1"})") == "accepted");
}

TEST_CASE("schema: many properties are told apart, whatever order they come in") {
    constexpr int count = 900;
    std::string properties, required, document;
    for (int i = 0; i < count; ++i) {
        auto const name = "\"p" + std::to_string(i) + '"';
        auto const form = i % 3 == 0 ? R"({"type": "integer", "minimum": 0})" : R"({"type": "string", "minLength": 1})";
        properties += (i == 0 ? "" : ",") + name + ": " + form;
        if (i % 2 == 0)
            required += (i == 0 ? "" : ",") + name;
    }
    auto checker = checker_of("{\"type\": \"object\", \"required\": [" + required +
                              "], \"additionalProperties\": false,"
                              " \"properties\": {" +
                              properties + "}}");
    auto const document_with = [&](int wrong, int absent, bool backwards) {
        std::string text;
        for (int n = 0; n < count; ++n) {
            int const i = backwards ? count - 1 - n : n;
            if (i == absent)
                continue;
            bool const number = (i % 3 == 0) != (i == wrong);
            text += (text.empty() ? "" : ",") + ("\"p" + std::to_string(i) + "\": ") + (number ? "1" : "\"x\"");
        }
        return '{' + text + '}';
    };
    bool const backwards = GENERATE(false, true);
    CHECK(keyword_of(checker.check(document_with(-1, -1, backwards))) == "accepted");
    for (int const i : {0, 1, 2, 3, 31, 32, 33, 300, 301, 898, 899}) {
        INFO(i);
        auto const wrong = checker.check(document_with(i, -1, backwards));
        CHECK(keyword_of(wrong) == "type");
        CHECK(wrong.value_or(violation{}).pointer == "/p" + std::to_string(i));
        auto const absent = checker.check(document_with(-1, i, backwards));
        CHECK(keyword_of(absent) == (i % 2 == 0 ? "required" : "accepted"));
    }
    CHECK(keyword_of(checker.check(document_with(-1, -1, backwards).replace(1, 0, "\"A\": 1,"))) ==
          "additionalProperties");
}

TEST_CASE("schema: patterns mean what ECMA-262 says") {
    struct example {
        char const *pattern, *text;
        bool matches;
    };
    auto const e = GENERATE(example{"^\\d+$", "12", true}, example{"^\\d+$", "１２", false}, // full-width digits
                            example{"^\\d+$", "12\n", false}, example{"^a$|^b$", "a\nb", false},
                            example{"b", "abc", true}, example{"^.$", "\xE2\x80\xA8", false}, // U+2028
                            example{"^.$", "ä", true}, example{"^(?:a|b){2}$", "ab", true},
                            example{"^[\\w\\-.]+$", "a-b.c", true}, example{"^\\x41\\/$", "A/", true});
    INFO(e.pattern << " on " << e.text);
    CHECK(schema_pattern{e.pattern}.matches(e.text) == e.matches);
}

TEST_CASE("schema: a pattern that cannot be used is refused at load") {
    std::string const pattern = GENERATE("(?=a)", "(?!a)b", "(?<=a)b", "(a)\\\\1", "a(", "[a", "\\\\p{L}", "\\\\s+",
                                         "a{,3}", "[[:alpha:]]", "(?i)a", "[]a]", "\\\\Aa", "[\\\\b]", "a**", "\\\\");
    check_refused(R"({"properties":{"x":{"pattern":")" + pattern + R"("}}})", "/properties/x",
                  "\"pattern\" cannot be used");
}

TEST_CASE("schema: a long string under a pattern is refused, not looked at") {
    auto checker = checker_of(R"({"pattern":"^(a|b)*$"})");
    CHECK(keyword_of(checker.check('"' + std::string(4096, 'a') + '"')) == "accepted");
    CHECK(keyword_of(checker.check('"' + std::string(40'000, 'a') + '"')) == "too-long");
}

TEST_CASE("schema: a megabyte of string without a pattern is fine") {
    auto checker = checker_of(R"({"additionalProperties":{"type":"string","minLength":1}})");
    CHECK(keyword_of(checker.check(R"({"a":")" + std::string(1 << 20, 'x') + "\"}")) == "accepted");
}

TEST_CASE("schema: integers are what draft-07 calls integers") {
    std::string const schema = R"({"type":"integer","minimum":-9,"maximum":9007199254740992})";
    auto const accepted = GENERATE("1.0", "5.00", "0.0", "-0", "1e3", "9007199254740992");
    CHECK(verdict(schema, accepted) == "accepted");
    CHECK(verdict(R"({"type":"integer"})", "1e20") == "accepted");
    CHECK(verdict(R"({"type":"integer"})", "18446744073709551615") == "accepted");
    CHECK(verdict(R"({"type":"integer"})", "12345678901234567890123") == "accepted");
    CHECK(verdict(schema, "1.5") == "type");
    CHECK(verdict(schema, "-9.000001") == "type");
    CHECK(verdict(schema, "-1e300") == "minimum");
    CHECK(verdict(schema, "9007199254740993") == "maximum");
    CHECK(verdict(schema, "18446744073709551616") == "maximum");
}

TEST_CASE("schema: text that is not JSON is refused") {
    std::string const text =
        GENERATE("", " ", "NaN", "[NaN]", "Infinity", "-Infinity", "nan", "1e400", "-1e-400", "{} {}", "{}x", "[1,]",
                 "{\"a\":1,}", "'a'", "01", "[1", "\"a", "\"\t\"", "// c\n1", "\xEF\xBB\xBF{}", "\"\\x\"", "+1", ".5",
                 "1.", "tru", "{\"a\"}", "{1:2}");
    INFO(text);
    CHECK(verdict("{}", text) == "json");
}

TEST_CASE("schema: white space around the document is fine") {
    CHECK(verdict("{}", " \r\n\t{} \n") == "accepted");
}

TEST_CASE("schema: a NUL does not hide what follows it") {
    CHECK(verdict("{}", std::string_view{"{}\0garbage", 10}) == "json");
    CHECK(verdict("{}", std::string_view{"{}\0", 3}) == "json");
    CHECK(verdict("{}", std::string_view{"[\"a\0b\"]", 7}) == "json");
    CHECK(verdict(R"({"maxLength":2})", R"("a\u0000bc")") == "maxLength");
    CHECK(verdict(R"({"pattern":"^a$"})", R"("a\u0000")") == "pattern");
}

TEST_CASE("schema: bytes that are not UTF-8 are refused") {
    std::string const bytes =
        GENERATE("\xC0\x80", "\xC1\xBF", "\xE0\x80\xAF", "\xF0\x80\x80\x80", "\xED\xA0\x80", "\xED\xBF\xBF",
                 "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\x80", "\xFF", "\xE2\x82", "\xC3(");
    CHECK(verdict("{}", "[\"" + bytes + "\"]") == "json");
    CHECK(verdict("{}", "{\"" + bytes + "\":1}") == "json");
    for (std::size_t before = 0; before < 20; ++before)
        CHECK(verdict("{}", "[\"" + std::string(before, 'a') + bytes + "\"]") == "json");
}

TEST_CASE("schema: all other UTF-8 is accepted") {
    std::string const bytes = GENERATE("\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                                       "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF");
    for (std::size_t before = 0; before < 20; ++before)
        CHECK(verdict("{}", "[\"" + std::string(before, 'a') + bytes + std::string(before, 'z') + "\"]") == "accepted");
}

TEST_CASE("schema: half a surrogate pair is refused") {
    std::string const half = GENERATE(R"(\ud800)", R"(\udc00)", R"(\uDFFF x)", R"(\ud800\u0041)", R"(a\udbff\udbff)");
    CHECK(verdict("{}", "[\"" + half + "\"]") == "json");
    CHECK(verdict("{}", "{\"" + half + "\":1}") == "json");
    CHECK(verdict("{}", R"(["\ud83d\ude00 \ud7ff \ue000"])") == "accepted");
}

TEST_CASE("schema: a key may appear once in an object") {
    struct example {
        char const *json, *pointer;
    };
    auto const e =
        GENERATE(example{R"({"a":1,"a":1})", "/a"}, example{R"({"a":1,"\u0061":2})", "/a"},
                 example{R"({"x":1,"y":2,"\u0078":1})", "/x"}, example{R"({"x":[{},{"q":0,"q":0}]})", "/x/1/q"},
                 example{R"({"a":{"b":1,"b":2}})", "/a/b"}, example{R"({"":1,"":1})", "/"});
    auto checker = checker_of(R"({"properties":{"a":{"properties":{"b":{}}}}})");
    auto const v = checker.check(e.json);
    REQUIRE(v);
    CHECK(v->keyword == "duplicate-key");
    CHECK(v->pointer == e.pointer);
    CHECK_FALSE(checker.check(R"([{"a":1},{"a":1,"x":{"a":1,"x":1}}])"));
}

TEST_CASE("schema: a duplicate among very many keys is found") {
    std::string json{"{"};
    for (int i = 0; i < 100'000; ++i)
        json += "\"k" + std::to_string(i) + "\":0,";
    auto checker = checker_of("{}");
    CHECK(keyword_of(checker.check(json + "\"z\":0}")) == "accepted");
    CHECK(keyword_of(checker.check(json + "\"k77\":0}")) == "duplicate-key");
}

TEST_CASE("schema: 64 levels are enough") {
    auto const nested = [](std::size_t levels, std::string const& open, std::string const& close) {
        std::string text;
        for (std::size_t i = 0; i < levels; ++i)
            text += open;
        text += "0";
        for (std::size_t i = 0; i < levels; ++i)
            text += close;
        return text;
    };
    CHECK(verdict("{}", nested(64, "[", "]")) == "accepted");
    CHECK(verdict("{}", nested(65, "[", "]")) == "too-deep");
    CHECK(verdict("{}", nested(65, "{\"a\":", "}")) == "too-deep");
    CHECK(verdict("{}", std::string(1'000'000, '[')) == "too-deep");
}

TEST_CASE("schema: an unknown keyword is refused at load") {
    auto const keyword = GENERATE("const", "if", "contains", "propertyNames", "$ref", "definitions", "allOf", "not",
                                  "format", "minLenght", "multipleOf", "uniqueItems", "dependencies",
                                  "exclusiveMinimum", "patternProperties", "minProperties");
    check_refused(std::string{R"({"items":{"properties":{"a/b":{")"} + keyword + R"(":1}}}})", "/items/properties/a~1b",
                  std::string{"keyword \""} + keyword + "\" is not supported");
}

TEST_CASE("schema: a property may have the name of a keyword") {
    auto checker =
        checker_of(R"({"properties":{"$ref":{"type":"null"},"pattern":{"type":"integer"},"items":{"enum":[1]},
        "not":{},"type":{"type":"string"},"required":{},"dependencies":{"type":["null","string"]},"enum":{}}})");
    CHECK(keyword_of(checker.check(R"({"pattern":1,"items":1,"type":"x","not":1})")) == "accepted");
    CHECK(keyword_of(checker.check(R"({"pattern":"1"})")) == "type");
}

TEST_CASE("schema: a keyword with a wrong value is refused at load") {
    auto const member = GENERATE(
        R"("type":"intger")", R"("type":[])", R"("type":["null","null"])", R"("type":1)", R"("minimum":"0")",
        R"("maximum":null)", R"("minimum":1e300)", R"("minLength":-1)", R"("minLength":1.5)", R"("maxLength":"1")",
        R"("maxItems":100000)", R"("required":"x")", R"("required":[1])", R"("required":["a","a"])",
        R"("properties":[])", R"("properties":{"a":true})", R"("additionalProperties":1)", R"("items":[{}])",
        R"("items":true)", R"("pattern":1)", R"("enum":[])", R"("enum":"a")", R"("enum":[{}])", R"("enum":[1.5])",
        R"("$schema":"http://json-schema.org/draft-04/schema#")", R"("title":1)", R"("description":[])",
        R"("examples":1)", R"("$id":1)", R"("$comment":{})");
    std::string const name{member, std::string_view{member}.find(':')};
    check_refused(std::string{R"({"properties":{"x":{)"} + member + "}}}", "/properties/x", name + " must ");
}

TEST_CASE("schema: keywords that cannot do their work are refused at load") {
    check_refused(R"({"type":"integer","pattern":"a"})", "", "has no effect");
    check_refused(R"({"type":["string","null"],"minimum":1})", "", "has no effect");
    check_refused(R"({"minimum":2,"maximum":1})", "", "is greater than");
    check_refused(R"({"type":"integer","minimum":0.1,"maximum":0.2})", "", "there is no integer between");
    check_refused(R"({"required":["a"],"additionalProperties":false})", "", "not allowed");
    check_refused(R"({"pattern":".*"})", "", "refuses nothing");
    check_refused(R"({"type":"boolean","enum":[true,false]})", "", "refuses nothing");
    check_refused(R"({"pattern":"[^ -~].*[é]{3}$"})", "", "examples");
    CHECK(load_error(R"({"pattern":"[^ -~].*[é]{3}$","examples":["ß ééé"]})") == "no error");
}

TEST_CASE("schema: a schema file is checked like any document") {
    CHECK(contains(load_error(R"({"properties":{"a":{}},"properties":{}})"),
                   "test.schema.json#/properties: duplicate-key"));
    CHECK(contains(load_error("{} x"), "test.schema.json#: json"));
    CHECK(contains(load_error("[]"), "must be a JSON object"));
    CHECK_THROWS_AS(schema::load(shipped / "none.schema.json"), schema_error);
    CHECK_THROWS_AS(schema::load(shipped), schema_error);
}

TEST_CASE("schema: items gives the schema of the elements") {
    auto const users = schema::load(shipped / "user-index.schema.json");
    schema_checker checker{users.items()};
    CHECK_FALSE(checker.check(R"({"user_id":1,"username":"a","history_whole_open":null,"history_whole_closed":0})"));
    CHECK(keyword_of(checker.check("[]")) == "type");
    CHECK_THROWS_AS(users.items().items(), schema_error);
}

TEST_CASE("schema: all shipped schemas load") {
    std::set<std::string> names;
    for (auto const& entry : std::filesystem::directory_iterator{shipped}) {
        INFO(entry.path());
        CHECK_NOTHROW(schema::load(entry.path()));
        names.insert(entry.path().filename().string());
    }
    CHECK(names == std::set<std::string>{"change-feed-state.schema.json", "change-list.schema.json",
                                         "country-index.schema.json", "country-profile.schema.json",
                                         "global-stats-summary.schema.json", "global-stats.schema.json",
                                         "index-pairs.schema.json", "index-shards.schema.json", "metadata.schema.json",
                                         "user-index.schema.json", "user-profile.schema.json"});
}

TEST_CASE("schema: the canary notices a checker that ignores one keyword") {
    auto const s = schema::parse(R"({"type":"object","required":["s"],"additionalProperties":false,"properties":{
        "s":{"type":"string","minLength":2,"maxLength":9,"pattern":"^a"},"e":{"enum":[1,null]},
        "l":{"type":"array","minItems":1,"maxItems":3,"items":{"type":"number","minimum":1,"maximum":2}}}})",
                                 "test.schema.json");
    schema_place const place{"test.schema.json", {}};
    auto const& source = s.get()->source;
    schema_checker checker{s};
    std::string const ignored = GENERATE("type", "required", "additionalProperties", "minLength", "maxLength",
                                         "pattern", "enum", "minItems", "maxItems", "minimum", "maximum");
    auto const blind = [&](std::string_view json) {
        auto v = checker.check(json);
        return v && v->keyword == ignored ? std::nullopt : v;
    };
    CHECK_NOTHROW(prove_canary(source, place, [&](std::string_view json) { return checker.check(json); }));
    auto const message = error_of([&] { prove_canary(source, place, blind); });
    INFO(message);
    CHECK(contains(message, "should be refused by \"" + ignored + "\""));
    CHECK(contains(message, "was accepted"));
}

TEST_CASE("schema: the canary notices a checker that refuses everything or looks elsewhere") {
    schema_place const place{"test.schema.json", {}};
    auto const s = schema::parse(R"({"properties":{"a":{"items":{"maximum":1}}}})", "test.schema.json");
    auto const& source = s.get()->source;
    CHECK_THROWS_AS(prove_canary(source, place,
                                 [](std::string_view) {
                                     return violation{"", "type", ""};
                                 }),
                    schema_error);
    auto const wider = schema::parse(R"({"properties":{"a":{"maximum":1}}})", "wider.schema.json");
    schema_checker checker{wider};
    CHECK_THROWS_AS(prove_canary(source, place, [&](std::string_view json) { return checker.check(json); }),
                    schema_error);
}
