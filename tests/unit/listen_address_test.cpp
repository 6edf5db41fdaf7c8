#include "support/catch.hpp"

#include "settings/listen_address.hpp"
#include "settings/values.hpp"
#include "support/thrown_message.hpp"

using exportd::bad_value;
using exportd::parse_listen_address;
using test::contains;
using test::thrown_message;

TEST_CASE("listen_address: empty is off", "[http]") {
    CHECK(parse_listen_address("").off());
    CHECK(parse_listen_address("").text().empty());
}

TEST_CASE("listen_address: loopback addresses and Unix sockets come back as they were written", "[http]") {
    for (std::string const text :
         {"127.0.0.1:9847", "127.1.2.3:1", "[::1]:9847", "127.0.0.1:0", "unix:/run/x/http.sock"}) {
        auto const address = parse_listen_address(text);
        CHECK_FALSE(address.off());
        CHECK(address.text() == text);
    }
    CHECK(parse_listen_address("unix:/run/x/http.sock").host.empty());
    CHECK(parse_listen_address("[::1]:9847").host == "::1");
    CHECK(parse_listen_address("[::1]:9847").port == 9847);
}

TEST_CASE("listen_address: what other hosts can reach is refused with the reason", "[http]") {
    for (std::string const text :
         {"0.0.0.0:9847", "192.168.1.5:9847", "[::]:9847", "[2001:db8::1]:80", "[::ffff:127.0.0.1]:80", "128.0.0.1:80"})
        CHECK(contains(thrown_message([&] { parse_listen_address(text); }), "can be reached by other hosts"));
}

TEST_CASE("listen_address: what is no address says how to write one", "[http]") {
    for (std::string const text : {"9847", "localhost:9847", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000",
                                   "127.0.0.1:80x", "::1:80", "[127.0.0.1]:80", "[]:80", ":80", "127.1:80"})
        CHECK(contains(thrown_message([&] { parse_listen_address(text); }), "write 127.0.0.1:9847"));
    CHECK_THROWS_AS(parse_listen_address("unix:relative"), bad_value);
    CHECK_THROWS_AS(parse_listen_address("unix:"), bad_value);
    CHECK(contains(thrown_message([&] { parse_listen_address("unix:/" + std::string(120, 'x')); }),
                   "too long for a socket"));
}
