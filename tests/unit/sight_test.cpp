#include "mirror/sight.hpp"

#include "mirror/error.hpp"
#include "support/catch.hpp"

using notes_export::feed_state;
using notes_export::mirror::sight;
using notes_export::mirror::source_error;
using namespace std::chrono_literals;

namespace {

sight::time_point const noon{12h};

feed_state tree_at(std::uint64_t generation) {
    return {.generation = generation, .oldest = 1, .export_date = "2026-05-01T12:00:00Z"};
}

} // namespace

TEST_CASE("sight: a target of an older generation is behind, one of the same is not", "[mirror]") {
    sight seen;
    CHECK_FALSE(seen.is_behind()); // nothing is published
    seen.saw_tree(tree_at(7));
    CHECK(seen.is_behind());
    seen.saw_target({6, ""}, noon);
    CHECK(seen.is_behind());
    seen.reached({7, "2026-05-01T12:00:00Z"});
    CHECK_FALSE(seen.is_behind());
}

TEST_CASE("sight: a generation of another past counts as none", "[mirror]") {
    sight seen;
    seen.saw_tree(tree_at(7));
    seen.saw_target({7, "2025-01-01T00:00:00Z"}, noon);
    CHECK(seen.at().target == 0);
    CHECK(seen.target().generation == 7);
    CHECK(seen.is_behind());
}

TEST_CASE("sight: a target that is up to date is looked at now and then, and at once when it is in doubt", "[mirror]") {
    sight seen;
    seen.saw_tree(tree_at(7));
    CHECK(seen.must_look_at_target(noon));
    seen.saw_target({7, ""}, noon);
    CHECK_FALSE(seen.must_look_at_target(noon + 9min));
    CHECK(seen.must_look_at_target(noon + 10min));
    seen.doubt_target();
    CHECK(seen.must_look_at_target(noon));
    seen.saw_target({7, ""}, noon);
    seen.saw_tree(tree_at(8));
    CHECK(seen.must_look_at_target(noon));
}

TEST_CASE("sight: a feed that went away is an error, one that is not there yet is none", "[mirror]") {
    sight seen;
    CHECK_NOTHROW(seen.require_feed());
    seen.saw_target({7, ""}, noon);
    CHECK_THROWS_AS(seen.require_feed(), source_error);
    seen.saw_tree(tree_at(7));
    CHECK_NOTHROW(seen.require_feed());
}
