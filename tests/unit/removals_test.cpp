#include "support/catch.hpp"

#include "cycle/removals.hpp"

using namespace notes_export;

TEST_CASE("removals: files whose id no row has", "[removals]") {
    CHECK(files_without_row({9, 2, 7}, {1, 2, 3, 9}) == std::vector<std::int64_t>{7});
    CHECK(files_without_row({}, {1}).empty());
    CHECK(files_without_row({1, 2}, {}) == std::vector<std::int64_t>{1, 2});
}

TEST_CASE("removals: before a shrink there were those that stay and those that go", "[removals]") {
    auto const change = shrinking(0, 100, 10, 30); // metadata.json does not say
    CHECK(change.before == 120);
    CHECK(change.after == 100);
    CHECK(change.removals == 30);
}

TEST_CASE("removals: what metadata.json counts is believed when it is more", "[removals]") {
    CHECK(shrinking(500, 100, 0, 30).before == 500);
    CHECK(shrinking(50, 100, 0, 30).before == 130);
}

TEST_CASE("removals: more new profiles than published ones count as none before", "[removals]") {
    CHECK(shrinking(0, 5, 9, 0).before == 0);
}
