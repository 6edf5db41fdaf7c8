#include "support/catch.hpp"

#include "schedule/full_request.hpp"

#include <string>

using exportd::asks_for_full;

TEST_CASE("asks_for_full: only an object with full: true", "[schedule]") {
    CHECK(asks_for_full(R"({"full":true})"));
    CHECK(asks_for_full(R"( {"by": "etl", "full" : true} )"));
    for (auto const payload :
         {"", "full", "true", "[true]", R"(["full"])", R"({"full":false})", R"({"full":"true"})", R"({"full":1})",
          R"({"full":{"full":true}})", R"({"full":true)", R"({"Full":true})", R"({"full":true} x)"})
        CHECK_FALSE(asks_for_full(payload));
}

TEST_CASE("asks_for_full: a byte order mark, or a part of one, is no JSON", "[schedule]") {
    for (std::string const before : {"\xef\xbb\xbf", "\xef", "\xbb", "\xbf"})
        CHECK_FALSE(asks_for_full(before + R"({"full":true})"));
}

TEST_CASE("asks_for_full: the depth of a payload is the end of no stack", "[schedule]") {
    CHECK_FALSE(asks_for_full(std::string(5'000'000, '[')));
    CHECK(asks_for_full(R"({"a":)" + std::string(1'000'000, '[') + std::string(1'000'000, ']') + R"(,"full":true})"));
}
