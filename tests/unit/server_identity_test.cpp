// Which server has the rows of a primary.
#include "support/catch.hpp"

#include "source/server_identity.hpp"

using namespace notes_export;

namespace {

server_identity const primary{"7712", "5", 2, "100.5", false, "0/30"};
server_identity const standby{"7712", "5", 2, "200.5", true, "0/20"};

standby_problem problem(server_identity const& candidate) {
    auto const found = difference_between(primary, candidate);
    CHECK(describe(found, primary, candidate).empty() == (found == standby_problem::none));
    return found;
}

} // namespace

TEST_CASE("server identity: a standby of the primary's timeline has its rows, or will have them", "[replica]") {
    CHECK(problem(standby) == standby_problem::none);
}

TEST_CASE("server identity: what is no standby of the primary is named", "[replica]") {
    auto other = standby;
    other.timeline = GENERATE(1, 3);
    CHECK(problem(other) == standby_problem::other_timeline);
    other.database = "6";
    CHECK(problem(other) == standby_problem::other_database);
    other.system = "7713";
    CHECK(problem(other) == standby_problem::other_system);
}

TEST_CASE("server identity: a server that is not in recovery is the primary, or was promoted", "[replica]") {
    CHECK(problem(primary) == standby_problem::no_standby);
    auto promoted = standby;
    promoted.in_recovery = false;
    promoted.timeline = 3;
    CHECK(problem(promoted) == standby_problem::promoted);
}
