#include "support/catch.hpp"

#include "cycle/render.hpp"

using namespace notes_export;

namespace {

entity_path const users{"users/{h1}/{h2}/{h3}/{id}.json"};

/// In order of directory, as render_profiles() has them.
std::vector<work_row> in_branch(std::size_t count, std::int64_t branch) {
    std::vector<work_row> rows;
    for (std::size_t i = 0; i < count; ++i)
        rows.push_back({.key = 1, .id = branch * 16 + static_cast<std::int64_t>(i % 16)});
    return rows;
}

std::vector<work_row> joined(std::vector<work_row> a, std::vector<work_row> const& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

} // namespace

TEST_CASE("batch borders: a batch ends with a branch", "[batch]") {
    auto const rows = joined(in_branch(6, 1), in_branch(6, 2));
    CHECK(whole_branches(rows, 4, users).size() == 6);
    CHECK(whole_branches(rows, 6, users).size() == 6);
    CHECK(whole_branches(rows, 7, users).size() == 12);
}

TEST_CASE("batch borders: a branch of more than twice the rows is divided", "[batch]") {
    auto const rows = in_branch(100, 1);
    CHECK(whole_branches(rows, 10, users).size() == 20);
}

TEST_CASE("batch borders: what is left is one batch", "[batch]") {
    CHECK(whole_branches(in_branch(3, 1), 10, users).size() == 3);
    CHECK(whole_branches({}, 10, users).empty());
}

TEST_CASE("batch borders: the first export of a tree comes in small batches, unless all or nothing is wanted",
          "[batch]") {
    export_config config;
    config.batch_size = 10'000;
    CHECK(batch_rows(config, false) == 10'000);
    CHECK(batch_rows(config, true) < 10'000);
    config.validation = validation_mode::strict;
    CHECK(batch_rows(config, true) == 10'000);
    config.validation = validation_mode::quarantine;
    config.batch_size = 100;
    CHECK(batch_rows(config, true) == 100);
}
