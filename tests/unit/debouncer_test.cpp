#include "support/catch.hpp"

#include "schedule/backoff.hpp"
#include "schedule/debouncer.hpp"

using namespace std::chrono_literals;
using exportd::backoff;
using exportd::debouncer;

namespace {

debouncer::clock::time_point const start{100s};

} // namespace

TEST_CASE("debouncer: without a hint nothing is due", "[debouncer]") {
    CHECK_FALSE(debouncer(500ms, 10s).due());
}

TEST_CASE("debouncer: one hint is due after the quiet time", "[debouncer]") {
    debouncer d{500ms, 10s};
    d.hint(start);
    CHECK(d.due() == start + 500ms);
}

TEST_CASE("debouncer: every further hint moves the due time", "[debouncer]") {
    debouncer d{500ms, 10s};
    d.hint(start);
    d.hint(start + 400ms);
    CHECK(d.due() == start + 900ms);
}

TEST_CASE("debouncer: a steady stream of hints is served after the maximum delay", "[debouncer]") {
    debouncer d{500ms, 2s};
    for (auto t = start; t <= start + 5s; t += 250ms)
        d.hint(t);
    CHECK(d.due() == start + 2s);
}

TEST_CASE("debouncer: a hint after serving counts anew", "[debouncer]") {
    debouncer d{500ms, 2s};
    d.hint(start);
    d.served();
    CHECK_FALSE(d.due());
    d.hint(start + 10s);
    CHECK(d.due() == start + 10s + 500ms);
}

TEST_CASE("debouncer: without quiet time a hint is due at once", "[debouncer]") {
    debouncer d{0ms, 0ms};
    d.hint(start);
    CHECK(d.due() == start);
}

TEST_CASE("backoff: stays between its limits, grows, and starts anew after a reset", "[backoff]") {
    backoff b{250ms, 4s};
    CHECK(b.next() == 250ms);
    std::chrono::milliseconds longest{};
    for (int i = 0; i < 200; ++i) {
        auto const t = b.next();
        CHECK(t >= 250ms);
        CHECK(t <= 4s);
        longest = std::max(longest, t);
    }
    CHECK(longest > 2s);
    b.reset();
    CHECK(b.next() == 250ms);
}
