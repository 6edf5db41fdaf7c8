#include "support/catch.hpp"

#include "http/retry.hpp"
#include "http/transfer.hpp"

using namespace notes_export::http;
using namespace std::chrono_literals;

TEST_CASE("http retry: pauses double up to a limit, and are any part of that", "[http]") {
    patience const p{.first_pause = 100ms, .longest_pause = 1s};
    CHECK(pause_before_next(p, 1, 1.0, {}) == 100ms);
    CHECK(pause_before_next(p, 2, 1.0, {}) == 200ms);
    CHECK(pause_before_next(p, 2, 0.5, {}) == 100ms);
    CHECK(pause_before_next(p, 60, 1.0, {}) == 1s);
    CHECK(pause_before_next(p, 3, 0.0, {}) == 0ms);
}

TEST_CASE("http retry: a server's Retry-After is honoured within reason", "[http]") {
    patience const p{.first_pause = 100ms, .longest_asked = 10s};
    CHECK(pause_before_next(p, 1, 1.0, 3s) == 3s);
    CHECK(pause_before_next(p, 1, 1.0, 3h) == 10s);
    CHECK(asked_pause("7", 0) == 7s);
    CHECK(asked_pause("Tue, 14 Nov 2023 22:13:25 GMT", 1'700'000'000) == 5s);
    CHECK(asked_pause("Tue, 14 Nov 2023 22:13:15 GMT", 1'700'000'000) == 0s);
    for (auto const* const odd : {"", "-1", "soon", "1e9", "99999999999999999999"})
        CHECK_FALSE(asked_pause(odd, 0));
}

TEST_CASE("http retry: only what passes is asked again", "[http]") {
    for (int const status : {408, 429, 500, 502, 503, 504})
        CHECK(is_passing(status));
    for (int const status : {200, 301, 400, 403, 404, 501})
        CHECK_FALSE(is_passing(status));
    CHECK(is_passing(failure::broken));
    CHECK_FALSE(is_passing(failure::tls));
}
