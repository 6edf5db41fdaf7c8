#include "support/catch.hpp"

#include "cycle/sorted_rows.hpp"

#include <algorithm>

using namespace notes_export;

namespace {

using role = work_row::role;

work_row row(std::int64_t key, std::int64_t id, role what = role::profile, bool pending = true) {
    return {.key = key, .id = id, .version = 1, .pending = pending, .what = what};
}

entity_path const users{"users/{h1}/{h2}/{h3}/{id}.json"};

std::vector<std::int64_t> keys(std::vector<work_row> const& rows) {
    std::vector<std::int64_t> all;
    for (auto const& r : rows)
        all.push_back(r.key);
    return all;
}

} // namespace

TEST_CASE("sorted_rows: profiles are rendered directory by directory", "[sorted_rows]") {
    // 4097 and 1 share a directory, 2 is in the next one.
    auto const sorted = sort_out({row(10, 1), row(20, 2), row(30, 4097)}, users);
    CHECK(keys(sorted.profiles) == std::vector<std::int64_t>{10, 30, 20});
    CHECK(sorted.ids == std::vector<std::int64_t>{1, 2, 4097});
}

TEST_CASE("sorted_rows: a row without a key keeps the file of its id", "[sorted_rows]") {
    auto const sorted = sort_out({row(no_key, 5, role::keyless)}, users);
    CHECK(sorted.profiles.empty());
    CHECK(sorted.keyless.size() == 1);
    CHECK(sorted.ids == std::vector<std::int64_t>{5});
}

TEST_CASE("sorted_rows: superseded and unpublished rows have no file", "[sorted_rows]") {
    auto const sorted = sort_out({row(1, 0, role::unpublished), row(2, 7, role::superseded)}, users);
    CHECK(keys(sorted.without_profile) == std::vector<std::int64_t>{1, 2});
    CHECK(sorted.ids.empty());
}

TEST_CASE("sorted_rows: a further row of a key is marked with the profile, if it is pending", "[sorted_rows]") {
    auto const sorted = sort_out({row(1, 7), row(1, 7, role::doubled), row(1, 7, role::doubled, false)}, users);
    REQUIRE(sorted.with_profile.size() == 1);
    CHECK(sorted.with_profile.at(7).size() == 1);
    CHECK(sorted.ids == std::vector<std::int64_t>{7});
}

TEST_CASE("sorted_rows: exceptions are told by name and by id", "[sorted_rows]") {
    auto const found = exceptions_among({row(1, 7), row(2, 7, role::superseded), row(3, 8), row(3, 8, role::doubled)});
    CHECK(found.superseded == std::set<row_name>{{2, 7}});
    CHECK(found.doubled == std::set<std::int64_t>{8});
}

TEST_CASE("sorted_rows: an id is gone when no row has it any more, whatever the row is", "[sorted_rows]") {
    std::vector<work_row> const rows{row(1, 3), row(2, 5, role::superseded)};
    CHECK(ids_without_row({3, 4, 5, 6}, rows) == std::vector<std::int64_t>{4, 6});
    CHECK(ids_without_row({}, rows).empty());
}
