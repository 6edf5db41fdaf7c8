#include "support/catch.hpp"

#include "schedule/known_remarks.hpp"

using namespace std::chrono_literals;
using exportd::known_remarks;

namespace {

known_remarks::clock::time_point const start{100h};

} // namespace

TEST_CASE("known remarks: what stays is told when it begins, and once an hour", "[remarks]") {
    known_remarks remarks;
    std::size_t told = 0;
    for (auto t = start; t < start + 24h; t += 1min)
        told += 1 - remarks.among({"15 of 30 are gone"}, t).size();
    CHECK(told == 24);
}

TEST_CASE("known remarks: other numbers are told at once, and what comes back", "[remarks]") {
    known_remarks remarks;
    CHECK(remarks.among({"15 of 30", "other"}, start).empty());
    CHECK(remarks.among({"16 of 30", "other"}, start + 1min).count("other") == 1);
    CHECK(remarks.among({"16 of 30"}, start + 2min).size() == 1);
    CHECK(remarks.among({}, start + 3min).empty());
    CHECK(remarks.among({"16 of 30"}, start + 4min).empty());
    remarks.forget();
    CHECK(remarks.among({"16 of 30"}, start + 5min).empty());
}
