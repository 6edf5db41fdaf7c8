// Two cycles as one: nothing that the first one did is forgotten.
#include "notes_export/report.hpp"

#include "support/catch.hpp"

#include <utility>

using namespace notes_export;

namespace {

/// Everything that can be counted is 1, everything that can be so is.
dataset_report one_of_each() {
    dataset_report d;
    // A new member does not compile here: decide in cycle_report::add() what becomes of it, then add it.
    auto& [name, rows_read, exported, unchanged, removed, marked, mark_conflicts, quarantined, pending, duplicates,
           published, total, left_out, shrink_refused, shrink_of, index_written, index_merged, index_refused,
           index_held, index_bytes, shards_written, shards_removed] = d;
    name = "users";
    for (auto* const count :
         {&rows_read, &exported, &unchanged, &removed, &marked, &mark_conflicts, &quarantined, &pending, &duplicates,
          &published, &total, &left_out, &shrink_refused, &shrink_of, &shards_written, &shards_removed})
        *count = 1;
    for (auto* const flag : {&index_written, &index_merged, &index_refused, &index_held})
        *flag = true;
    index_bytes = 1;
    return d;
}

cycle_report report_of(dataset_report d) {
    cycle_report r;
    r.datasets.push_back(std::move(d));
    return r;
}

dataset_report sum_of(dataset_report first, dataset_report second) {
    auto sum = report_of(std::move(first));
    sum.add(report_of(std::move(second)));
    return sum.datasets.at(0);
}

dataset_report nothing_done() {
    dataset_report d;
    d.name = "users";
    return d;
}

} // namespace

TEST_CASE("report: what two cycles did to a dataset is added", "[report]") {
    auto const sum = sum_of(one_of_each(), one_of_each());
    for (auto const member : {&dataset_report::rows_read, &dataset_report::exported, &dataset_report::unchanged,
                              &dataset_report::removed, &dataset_report::marked, &dataset_report::mark_conflicts,
                              &dataset_report::shards_written, &dataset_report::shards_removed})
        CHECK(sum.*member == 2);
    auto const first_only = sum_of(one_of_each(), nothing_done());
    CHECK(first_only.index_written);
    CHECK(first_only.index_merged);
    CHECK(first_only.shards_written == 1);
}

TEST_CASE("report: what is of the tree is as the second cycle left it", "[report]") {
    auto const sum = sum_of(one_of_each(), one_of_each());
    for (auto const member : {&dataset_report::quarantined, &dataset_report::pending, &dataset_report::duplicates,
                              &dataset_report::published, &dataset_report::total, &dataset_report::left_out,
                              &dataset_report::shrink_refused, &dataset_report::shrink_of})
        CHECK(sum.*member == 1);
    CHECK(sum.index_bytes == 1);
    auto const healed = sum_of(one_of_each(), nothing_done());
    CHECK(healed.shrink_refused == 0);
    CHECK_FALSE(healed.index_held);
    CHECK_FALSE(healed.index_refused);
    auto not_looked_at = nothing_done();
    not_looked_at.index_held = true;
    CHECK(sum_of(one_of_each(), not_looked_at).index_refused);
}

TEST_CASE("report: what either cycle tells of is told", "[report]") {
    cycle_report first;
    first.allowed_shrinks = {{"users", 9, 10}};
    first.refused_indexes = {{"users", "indexes/users.json", 11, 10}};
    first.large_indexes = {{"countries", "indexes/countries.json", 6, 10}};
    first.warnings = {"a"};
    first.files_written = 1;
    first.validation_failures["x"] = 1;
    first.published = true;
    cycle_report second;
    second.allowed_shrinks = {{"countries", 8, 10}};
    second.warnings = {"b"};
    second.files_written = 2;
    second.validation_failures["x"] = 1;
    second.generation = 7;
    first.add(std::move(second));
    REQUIRE(first.allowed_shrinks.size() == 2);
    CHECK(first.allowed_shrinks.at(1).dataset == "countries");
    CHECK(first.refused_indexes.size() == 1);
    CHECK(first.large_indexes.size() == 1);
    CHECK(first.warnings == std::vector<std::string>{"a", "b"});
    CHECK(first.files_written == 3);
    CHECK(first.validation_failures["x"] == 2);
    CHECK(first.generation == 7);
    CHECK(first.published);
}
