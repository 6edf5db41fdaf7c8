#include "support/catch.hpp"

#include "cycle/index_limit.hpp"

using namespace notes_export;

TEST_CASE("index_limit: half of the limit is large, more than the limit too large", "[index_limit]") {
    CHECK(judge_index(50, 100, true) == index_fit::fits);
    CHECK(judge_index(51, 100, true) == index_fit::large);
    CHECK(judge_index(100, 100, true) == index_fit::large);
    CHECK(judge_index(101, 100, true) == index_fit::too_large);
}

TEST_CASE("index_limit: the index in the tree stays whatever its size", "[index_limit]") {
    CHECK(judge_index(1000, 100, false) == index_fit::large);
}

TEST_CASE("index_limit: without a limit every index fits", "[index_limit]") {
    CHECK(judge_index(~0ULL, 0, true) == index_fit::fits);
}

TEST_CASE("index_limit: an index that another limit refused is owed", "[index_limit]") {
    std::vector<index_size> refused{{"users", "indexes/users.json", 200, 100}};
    CHECK_FALSE(index_is_owed(refused, "users", 100));
    CHECK(index_is_owed(refused, "users", 300));
    CHECK(index_is_owed(refused, "users", 0));
    CHECK_FALSE(index_is_owed(refused, "countries", 300));
}

TEST_CASE("index_limit: a refusal is known when it was by the same limit, and is forgotten", "[index_limit]") {
    std::vector<index_size> refused{{"users", "indexes/users.json", 200, 100}};
    CHECK_FALSE(forget_refusal(refused, "countries", 100));
    CHECK(refused.size() == 1);
    CHECK(forget_refusal(refused, "users", 100));
    CHECK(refused.empty());
    refused.push_back({"users", "indexes/users.json", 200, 100});
    CHECK_FALSE(forget_refusal(refused, "users", 300));
    CHECK(refused.empty());
}
