#include "support/catch.hpp"

#include "schedule/request_limit.hpp"

using namespace std::chrono_literals;
using exportd::request_limit;

namespace {

request_limit::clock::time_point const start{100s};

} // namespace

TEST_CASE("request_limit: the first request is granted at once, and once", "[request_limit]") {
    request_limit limit{1min};
    CHECK_FALSE(limit.grant(start));
    limit.request(start);
    CHECK(limit.due() == start);
    CHECK(limit.grant(start));
    CHECK_FALSE(limit.grant(start));
    CHECK_FALSE(limit.due());
}

TEST_CASE("request_limit: a second one is put off until the interval is over", "[request_limit]") {
    request_limit limit{1min};
    limit.request(start);
    limit.grant(start + 1s);
    limit.request(start + 2s);
    CHECK(limit.due() == start + 61s);
    CHECK_FALSE(limit.grant(start + 60s));
    CHECK(limit.grant(start + 61s));
}

TEST_CASE("request_limit: any number of requests in between are one", "[request_limit]") {
    request_limit limit{1min};
    limit.request(start);
    limit.grant(start);
    for (auto t = start; t < start + 50s; t += 1s)
        limit.request(t);
    CHECK(limit.grant(start + 60s));
    CHECK_FALSE(limit.grant(start + 120s));
}

TEST_CASE("request_limit: after a quiet interval a request is granted at once", "[request_limit]") {
    request_limit limit{1min};
    limit.request(start);
    limit.grant(start);
    limit.request(start + 10min);
    CHECK(limit.grant(start + 10min));
}
