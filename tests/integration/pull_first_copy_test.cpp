// A first copy over HTTP that is cut short, and what the next one makes of it.
#include "support/catch.hpp"

#include "support/pull_fixture.hpp"
#include "support/wait_until.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>

namespace test {

namespace {

/// A first copy of so much that some of it is in its place when the mirror is killed.
struct cut_short : pull_fixture {
    std::atomic<bool> stuck = false;
    std::ptrdiff_t asked_before = 0; ///< for the fifth user, until the kill
    scripted_server server{script([this](std::string const& target) -> std::optional<scripted_answer> {
        if (target != '/' + user_at(95) || stuck)
            return std::nullopt;
        stuck = true;
        return scripted_answer{.status = 200, .headers = {}, .content = "", .cut_after = {}, .silent = true};
    })};

    void begin() {
        for (int id = 1; id <= 100; ++id)
            put(id, std::string(1U << 20, 'x'));
        publish_first(0);
        auto first = start(server.url(), {"--once"});
        REQUIRE(wait_until([&] { return stuck && std::filesystem::exists(copy / user_at(5)); }));
        first.signal(SIGKILL);
        first.wait_exit();
        asked_before = asked_for(5);
    }
    std::ptrdiff_t asked_for(int id) const {
        auto const all = server.requests();
        return std::ranges::count(all, "GET /" + user_at(id));
    }
};

} // namespace

TEST_CASE_METHOD(cut_short, "pull mirror: a first copy that was cut short goes on where it ended", "[pull]") {
    begin();
    put(1, "changed");
    put(97, "changed");
    put(300, "new");
    remove(2);
    publish();
    auto const next = run(server.url());
    INFO(next.errors);
    CHECK(next.status == 0);
    CHECK(asked_for(5) == asked_before);
    CHECK(asked_for(1) > asked_before);
    CHECK(differing() == std::vector<std::string>{});
    CHECK_FALSE(std::filesystem::exists(copy / ".exportd-mirror/first_copy"));
    CHECK(run(server.url(), {"--verify"}).status == 0);
}

TEST_CASE_METHOD(cut_short, "pull mirror: a first copy of which nothing certain is known begins anew", "[pull]") {
    SECTION("its note is damaged") {
        begin();
        std::ofstream{copy / ".exportd-mirror/first_copy"} << "1";
    }
    SECTION("it was of another tree") {
        begin();
        std::ofstream{copy / ".exportd-mirror/first_copy"} << "1 2020-01-01T00:00:00Z\n";
    }
    SECTION("the tree does not tell what changed since") {
        begin();
        put(1, "changed");
        publish(false);
    }
    SECTION("there were files before it") {
        std::filesystem::create_directories((copy / user_at(5)).parent_path());
        std::ofstream{copy / user_at(5)} << "of somebody else";
        begin();
    }
    auto const next = run(server.url());
    INFO(next.errors);
    CHECK(next.status == 0);
    CHECK(asked_for(5) > asked_before);
    CHECK(differing() == std::vector<std::string>{});
}

} // namespace test
