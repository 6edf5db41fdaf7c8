#include "support/catch.hpp"

#include "schedule/missed_notifications.hpp"

using namespace std::chrono_literals;
using exportd::missed_notifications;
using verdict = missed_notifications::verdict;

namespace {

missed_notifications::clock::time_point const start{100s};

} // namespace

TEST_CASE("missed_notifications: said once until a notification comes", "[missed]") {
    missed_notifications missed;
    CHECK(missed.found(start) == verdict::first);
    CHECK(missed.found(start + 1min) == verdict::known);
    missed.notified();
    CHECK(missed.found(start + 2min) == verdict::first);
    CHECK(missed.count() == 3);
}

TEST_CASE("missed_notifications: half an hour of silence is a mistake, said once", "[missed]") {
    missed_notifications missed;
    missed.found(start);
    CHECK(missed.found(start + 29min) == verdict::known);
    CHECK(missed.found(start + 31min) == verdict::silent);
    CHECK(missed.found(start + 32min) == verdict::known);
    missed.notified();
    missed.found(start + 40min);
    CHECK(missed.found(start + 71min) == verdict::silent);
}
