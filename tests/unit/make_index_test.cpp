#include "support/catch.hpp"

#include "cycle/make_index.hpp"

using namespace notes_export;

TEST_CASE("make_index: few changes are merged, many are not", "[make_index]") {
    CHECK(worth_merging(100, 10));
    CHECK_FALSE(worth_merging(101, 10));
    CHECK(worth_merging(1000, 10'000));
    CHECK_FALSE(worth_merging(1001, 10'000));
    CHECK(worth_merging(10'000, 1'000'000));
    CHECK_FALSE(worth_merging(10'001, 1'000'000));
}

TEST_CASE("make_index: profiles are counted by what came and what went", "[make_index]") {
    CHECK(count_after(10, {}) == 10);
    CHECK(count_after(10, {{false, true}, {true, false}, {true, true}, {false, false}}) == 10);
    CHECK(count_after(10, {{false, true}, {false, true}}) == 12);
    CHECK(count_after(2, {{true, false}, {true, false}}) == 0);
}
