#include "support/catch.hpp"

#include "cycle/mode.hpp"

#include <functional>
#include <utility>
#include <vector>

using namespace notes_export;
using namespace std::chrono_literals;

TEST_CASE("mode: an ordinary cycle looks at changes only", "[mode]") {
    auto const choice = choose_mode({});
    CHECK(choice.mode == cycle_mode::incremental);
    CHECK(choice.reason == "changes");
}

TEST_CASE("mode: what was cut short is finished without looking at everything", "[mode]") {
    mode_facts facts;
    facts.unfinished = true;
    auto const choice = choose_mode(facts);
    CHECK(choice.mode == cycle_mode::incremental);
    CHECK(choice.reason == "earlier cycle unfinished");
}

TEST_CASE("mode: each reason for a full export, the one that explains the others first", "[mode]") {
    using tree_state = mode_facts::tree_state;
    std::vector<std::pair<std::function<void(mode_facts&)>, std::string>> const in_order{
        {[](auto& f) { f.requested = true; }, "requested"},
        {[](auto& f) { f.tree_replaced = true; }, "directory was replaced"},
        {[](auto& f) { f.tree = tree_state::missing; }, "tree is empty"},
        {[](auto& f) { f.requested_in_database = "requested"; }, "requested in the database"},
        {[](auto& f) { f.columns_changed = true; }, "columns changed"},
        {[](auto& f) { f.twins_changed = true; }, "precompress changed"},
        {[](auto& f) { f.indexes_changed = true; }, "kinds of index files changed"},
        {[](auto& f) { f.changed_source = "columns of dwh.users"; }, "columns of dwh.users changed"},
        {[](auto& f) { f.generation_problem = "other generations"; }, "other generations"},
        {[](auto& f) { f.other_history = true; }, "earlier cycle unfinished in another history of the database"},
        {[](auto& f) { f.marks_in_doubt = true; }, "rows may have changed when they were marked"},
        {[](auto& f) { f.unwatched_change = "rows of x changed"; }, "rows of x changed"},
        {[](auto& f) { f.due = true; }, "full_interval"},
    };
    for (std::size_t first = 0; first < in_order.size(); ++first) {
        mode_facts facts;
        for (std::size_t i = first; i < in_order.size(); ++i)
            in_order[i].first(facts);
        auto const choice = choose_mode(facts);
        CHECK(choice.mode == cycle_mode::full);
        CHECK(choice.reason == in_order[first].second);
    }
}

TEST_CASE("mode: a tree that is not ours is told from one that is damaged", "[mode]") {
    mode_facts facts;
    facts.tree = mode_facts::tree_state::damaged;
    CHECK(choose_mode(facts).reason == "metadata.json is damaged");
    facts.tree = mode_facts::tree_state::foreign;
    CHECK(choose_mode(facts).reason == "tree was made by another program");
}

TEST_CASE("mode: a request from the database gives its own reason", "[mode]") {
    mode_facts facts;
    facts.requested_in_database = "install.sql made the triggers anew";
    CHECK(choose_mode(facts).reason == "install.sql made the triggers anew");
}

TEST_CASE("mode: the generation in the database has to be that of the tree", "[mode]") {
    CHECK(generation_problem({.kept = false, .generation = {}}, 7).empty());
    CHECK(generation_problem({.kept = true, .generation = 7}, 7).empty());
    CHECK(generation_problem({.kept = true, .generation = 6}, 7) == "tree and database are of different generations");
    CHECK(generation_problem({.kept = true, .generation = 8}, 7) == "tree and database are of different generations");
    CHECK(generation_problem({.kept = true, .generation = {}}, 7) == "json_export_state was emptied");
}

TEST_CASE("mode: what this process could not write to the database is no reason", "[mode]") {
    recorded_state held{.kept = true, .generation = 6};
    held.is_behind_by_us = true;
    CHECK(generation_problem(held, 7).empty());
    held.generation = 8; // somebody else published
    CHECK_FALSE(generation_problem(held, 7).empty());
    CHECK(generation_problem({.kept = true, .generation = {}, .cannot_be_made = true}, 7).empty());
}

TEST_CASE("mode: rows that no trigger watches are compared with the last cycle's", "[mode]") {
    CHECK(unwatched_change({}, std::nullopt).empty());
    CHECK(unwatched_change({{"t", "1"}}, std::nullopt) == "first cycle without the triggers of install.sql");
    CHECK(unwatched_change({{"t", "1"}}, row_digests{{"t", "1"}}).empty());
    CHECK(unwatched_change({{"t", "2"}}, row_digests{{"t", "1"}}) == "rows of t changed, which no trigger watches");
    CHECK(unwatched_change({{"t", "1"}}, row_digests{{"u", "1"}}) == "rows of t changed, which no trigger watches");
    CHECK(unwatched_change({{"t", "1"}}, row_digests{{"t", "1"}, {"u", "1"}}).empty()); // it is watched now
}

TEST_CASE("mode: a full export is due after its interval, and when the last one lies in the future", "[mode]") {
    CHECK_FALSE(full_is_due(1000, 999, 100s));
    CHECK_FALSE(full_is_due(1099, 1000, 100s));
    CHECK(full_is_due(1100, 1000, 100s));
    CHECK(full_is_due(1000, 1001, 100s));
    CHECK(full_is_due(1'800'000'000, 0, 24h)); // never
    CHECK_FALSE(full_is_due(1'800'000'000, 0, 0s));
}
