// One host of several, as libpq would take it from their lists.
#include "support/catch.hpp"

#include "pg/hosts.hpp"

namespace test {

using namespace notes_export::pg;
using namespace std::chrono_literals;

TEST_CASE("hosts: each has the element of every list that stands at its place", "[pg]") {
    auto const found =
        hosts_of({{"dbname", "x"}, {"host", "a,,c"}, {"hostaddr", "1.1.1.1,2.2.2.2,"}, {"port", "1,2,3"}});
    REQUIRE(found.size() == 3);
    CHECK(found[0].text() == "a:1");
    CHECK(found[1].text() == "2.2.2.2:2");
    CHECK(found[2].address.empty());
    CHECK(found[2].text() == "c:3");
}

TEST_CASE("hosts: one port stands for all, and none is a host as well", "[pg]") {
    auto const two = hosts_of({{"host", "a,b"}, {"port", "5433"}});
    REQUIRE(two.size() == 2);
    CHECK(two[1].text() == "b:5433");
    CHECK(hosts_of({{"dbname", "x"}}).size() == 1);
}

TEST_CASE("hosts: a session for one of them has nothing of the others, and all the rest", "[pg]") {
    auto const values =
        with_host({{"service", "s"}, {"host", "a,b"}, {"hostaddr", "1.1.1.1,"}, {"user", "u"}}, {"b", "", "7"});
    CHECK(values == conninfo_values{{"user", "u"}, {"host", "b"}, {"hostaddr", ""}, {"port", "7"}});
}

TEST_CASE("hosts: each is tried once, and where a standby is preferred first as one", "[pg]") {
    auto const hosts_and_targets = [](std::string const& target) {
        std::string text;
        for (auto const& values : attempts_at({{"host", "a,b"}, {"target_session_attrs", target}}))
            text += hosts_of(values).at(0).name + ' ' + values.at(0).second + ", ";
        return text;
    };
    CHECK(hosts_and_targets("primary") == "a primary, b primary, ");
    CHECK(hosts_and_targets("prefer-standby") == "a standby, b standby, a any, b any, ");
}

TEST_CASE("hosts: only a connect_timeout above zero is a limit", "[pg]") {
    CHECK(connect_timeout_of({{"connect_timeout", "3"}}) == 3000ms);
    CHECK_FALSE(connect_timeout_of({{"connect_timeout", "0"}}));
    CHECK_FALSE(connect_timeout_of({{"connect_timeout", "many"}}));
    CHECK_FALSE(connect_timeout_of({}));
}

} // namespace test
