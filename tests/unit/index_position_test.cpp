#include "support/catch.hpp"

#include "index/position.hpp"

using namespace notes_export;

namespace {

/// Falls by a, then rises by b.
dataset ordered() {
    dataset d;
    d.index_order = {"a", "b"};
    d.index_ascending = {"b"};
    return d;
}

index_position at(std::string const& a, std::string const& b, std::int64_t id) {
    return position_in_index("{\"a\":" + a + ",\"b\":" + b + '}', ordered(), id).value();
}

} // namespace

TEST_CASE("index_position: columns fall, or rise where it is said so", "[index]") {
    CHECK(at("2", "1", 9) < at("1", "1", 1));
    CHECK(at("1", "1", 9) < at("1", "2", 1));
    CHECK_FALSE(at("1", "2", 1) < at("1", "1", 9));
    CHECK(at("1", "-5", 9) < at("1", "3", 1));
}

TEST_CASE("index_position: NULL comes last in both directions, ties by id", "[index]") {
    CHECK(at("1", "1", 9) < at("null", "1", 1));
    CHECK(at("1", "9", 9) < at("1", "null", 1));
    CHECK(at("1", "1", 1) < at("1", "1", 2));
    CHECK_FALSE(position_in_index(R"({"a":1,"b":"x"})", ordered(), 1));
}
