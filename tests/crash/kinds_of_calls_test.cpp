#include "support/catch.hpp"

#include "crash/kinds_of_calls.hpp"

namespace test {

namespace {

watched_call call(std::string const& name, std::string const& path, std::string const& target = "") {
    watched_call c;
    c.name = name;
    c.path = path;
    c.target = target;
    return c;
}

bool any(watched_call const&) {
    return true;
}

std::vector<std::size_t> numbers(std::vector<watched_call> const& trace) {
    std::vector<std::size_t> all;
    for (auto const& c : some_of_each_kind(trace, any))
        all.push_back(c.number);
    return all;
}

} // namespace

TEST_CASE("kinds of calls: what differs by a number is one kind, anything else is not", "[crash]") {
    auto const rename = call("renameat", ".exportd/staging/17", "users/0/3/9/12345.json");
    CHECK(kind_of(rename) == kind_of(call("renameat", ".exportd/staging/4", "users/f/3/a/7.json")));
    CHECK(kind_of(rename) != kind_of(call("renameat", ".exportd/staging/4", "countries/7.json")));
    CHECK(kind_of(rename) != kind_of(call("linkat", ".exportd/staging/17", "users/0/3/9/12345.json")));
    CHECK(kind_of(call("fsync", "users/0/3")) != kind_of(call("fsync", "users/0/3/9")));
    auto creating = call("openat", ".exportd/staging/4");
    creating.creates = true;
    CHECK(kind_of(creating) != kind_of(call("openat", ".exportd/staging/4")));
}

TEST_CASE("kinds of calls: the first, second, middle and last of each kind are chosen", "[crash]") {
    std::vector<watched_call> trace;
    for (int i = 0; i < 9; ++i)
        trace.push_back(call("fsync", "users/" + std::to_string(i) + ".json"));
    CHECK(numbers(trace) == std::vector<std::size_t>{1, 2, 5, 9});
    trace.resize(3);
    CHECK(numbers(trace) == std::vector<std::size_t>{1, 2, 3});
    trace.resize(1);
    CHECK(numbers(trace) == std::vector<std::size_t>{1});
    CHECK(some_of_each_kind(trace, [](watched_call const&) { return false; }).empty());
}

TEST_CASE("kinds of calls: two halves are all of them", "[crash]") {
    std::vector<watched_call> trace;
    for (auto const* name : {"fsync", "mkdirat", "openat", "renameat", "write"})
        trace.push_back(call(name, "users/1.json"));
    auto const all = some_of_each_kind(trace, any);
    std::vector<std::string> kinds;
    for (auto const* half : {"0/2", "1/2"})
        for (auto const& chosen : only(parse_share(half), all))
            kinds.push_back(chosen.kind.substr(0, chosen.kind.find(' ')));
    CHECK(kinds == std::vector<std::string>{"fsync", "openat", "write", "mkdirat", "renameat"});
    for (auto const* wrong : {"", "1", "2/2", "1/2x", "/2", "-1/2"})
        CHECK_THROWS_AS(parse_share(wrong), std::invalid_argument);
}

TEST_CASE("kinds of calls: every message to the server is chosen", "[crash]") {
    auto message = call("sendto", "");
    message.message = true;
    CHECK(numbers(std::vector<watched_call>(7, message)).size() == 7);
}

} // namespace test
