#include "support/catch.hpp"

#include "status/running_cycle.hpp"
#include "status/verdict.hpp"
#include "support/thrown_message.hpp"

using namespace std::chrono_literals;
using namespace exportd;
using test::contains;

namespace {

std::chrono::steady_clock::time_point const now{100h};
std::chrono::system_clock::time_point const midnight{1'795'305'600s}; // 2026-11-22T00:00:00Z

/// One dataset, notifications arrive, the last cycle succeeded a minute ago and exported three rows.
health_state at_rest() {
    health_state s;
    s.poll_interval = 60s;
    s.listener = hearing::live;
    s.last_success = now - 1min;
    s.generation = 12;
    s.datasets.push_back({.name = "countries"});
    std::vector<notes_export::run_status> runs(2);
    runs[0] = {"2026-11-21T23:00:00Z", "incremental", "success", "changes", "", 3};
    runs[1] = {"2026-11-21T23:30:00Z", "full", "success", "full_interval", ""};
    s.runs = std::make_shared<std::vector<notes_export::run_status> const>(runs);
    return s;
}

health_state failing() {
    auto s = at_rest();
    s.error = "mark users: permission denied for table datamartusers [42501]";
    s.error_since = midnight;
    s.failing = now - 10s;
    return s;
}

health_state guarded() {
    auto s = at_rest();
    s.datasets[0].shrink_held = true;
    s.datasets[0].held = 100;
    s.datasets[0].held_of = 250;
    return s;
}

} // namespace

TEST_CASE("verdict: at rest all is well", "[verdict]") {
    auto const v = judge(at_rest(), now);
    CHECK(v.what == condition::well);
    CHECK(v.word() == "Up to date");
    CHECK(v.reasons.empty());
    CHECK(v.good());
}

TEST_CASE("verdict: one failed cycle is a failure, with its error and since when", "[verdict]") {
    auto const v = judge(failing(), now);
    CHECK(v.what == condition::failing);
    CHECK_FALSE(v.good());
    CHECK(v.reasons == std::vector<std::string>{"since 2026-11-22T00:00:00Z: mark users: permission denied for "
                                                "table datamartusers [42501]"});
}

TEST_CASE("verdict: what the shrink guard holds is not up to date", "[verdict]") {
    auto const v = judge(guarded(), now);
    CHECK(v.word() == "Held back");
    CHECK_FALSE(v.good());
    CHECK(contains(v.reasons.at(0), "100 of 250 countries are gone from the database"));
}

TEST_CASE("verdict: an index that is too large is not up to date either", "[verdict]") {
    auto s = at_rest();
    s.datasets[0].index_held = true;
    CHECK(judge(s, now).what == condition::held);
}

TEST_CASE("verdict: a mirror that fails is a copy that is behind, though the tree is not", "[verdict]") {
    auto s = at_rest();
    tree_look seen;
    seen.mirrors.mirrors.resize(2);
    seen.mirrors.mirrors[0].is = notes_export::mirror_condition::behind;
    seen.mirrors.mirrors[1].is = notes_export::mirror_condition::failing;
    seen.mirrors.mirrors[1].problem = "mirror github fails since 2026-11-22T00:00:00Z: no route to host";
    s.looked = std::make_shared<tree_look const>(seen);
    auto const v = judge(s, now);
    CHECK(v.what == condition::copies);
    CHECK(to_string(v.what) == "copies");
    CHECK_FALSE(v.good());
    CHECK(v.reasons == std::vector<std::string>{"mirror github fails since 2026-11-22T00:00:00Z: no route to host"});
    CHECK(state_line(s, now) == "Copies behind: mirror github fails since 2026-11-22T00:00:00Z: no route to host");
    s.last_success.reset(); // until the first cycle has ended, nothing says that one has
    CHECK_FALSE(tells_an_end(state_line(s, now)));
}

TEST_CASE("verdict: a hook that fails says since when, and why", "[verdict]") {
    auto s = at_rest();
    s.hook = {"exit status 128", "fatal: no route to host", midnight, std::nullopt};
    auto const v = judge(s, now);
    CHECK(v.what == condition::copies);
    CHECK(v.reasons.at(0) ==
          "after_publish fails since 2026-11-22T00:00:00Z: exit status 128; its last line: fatal: no "
          "route to host (the log has its output as hook_output)");
    s.hook.last_line.clear();
    CHECK(contains(judge(s, now).reasons.at(0), "exit status 128 (the log has"));
}

TEST_CASE("verdict: another program that exports the same data is a remark", "[verdict]") {
    auto s = at_rest();
    tree_look seen;
    seen.other = notes_export::noted_exporter{{2, "etl, psql", false}, 0, 1};
    s.looked = std::make_shared<tree_look const>(seen);
    auto const v = judge(s, now);
    CHECK(v.what == condition::remarks);
    CHECK(contains(v.reasons.at(0), "another program set json_exported of 2 rows"));
}

TEST_CASE("verdict: documents that are refused, or of no use to readers, are remarks", "[verdict]") {
    auto s = at_rest();
    s.refused_documents = {{"global_stats.json", "global_stats.json does not fit"}};
    tree_look seen;
    seen.unusable_documents = {{"global_stats.json", "global_stats.json: resolution_rate has no value"}};
    s.looked = std::make_shared<tree_look const>(seen);
    auto const v = judge(s, now);
    CHECK(v.what == condition::remarks);
    CHECK(v.reasons == std::vector<std::string>{"global_stats.json does not fit; the file stays as it is",
                                                "global_stats.json: resolution_rate has no value"});
}

TEST_CASE("verdict: changes that wait for too long are behind", "[verdict]") {
    auto s = at_rest();
    s.notified = now - 11min;
    auto const v = judge(s, now);
    CHECK(v.what == condition::behind);
    CHECK(v.reasons.at(0) == "changes may have been waiting for 660 s");
}

TEST_CASE("verdict: before the first cycle has ended nothing is well", "[verdict]") {
    auto s = at_rest();
    s.last_success.reset();
    CHECK(judge(s, now).what == condition::starting);
    CHECK_FALSE(judge(s, now).good());
    CHECK_FALSE(tells_an_end(state_line(s, now)));
    for (auto const* const line : {"", "active", "Cycle 1 is running, 3 of 7 rows"})
        CHECK_FALSE(tells_an_end(line));
    for (auto const& ended : {at_rest(), failing(), guarded()})
        CHECK(tells_an_end(state_line(ended, now)));
}

TEST_CASE("verdict: what somebody should look at is told, and is no failure", "[verdict]") {
    auto s = at_rest();
    SECTION("quarantined rows") {
        s.datasets[0].quarantined = 1;
        CHECK(judge(s, now).reasons.at(0) == "1 quarantined row of countries: the old file stays");
    }
    SECTION("no notifications") {
        s.listener = hearing::degraded;
        s.listener_problem = "pooler: swallowed";
        CHECK(judge(s, now).reasons.at(0) == "no notifications, polling instead: pooler: swallowed");
    }
    SECTION("lost triggers") {
        s.missing = {"a on t", "b on t", "c on t", "d on t"};
        CHECK(contains(judge(s, now).reasons.at(0), "4 parts of install.sql missing or switched off"));
        CHECK(contains(judge(s, now).reasons.at(0), "run it again: a on t, b on t, c on t, ..."));
    }
    SECTION("a configuration that is not in force") {
        s.reload_failed = true;
        CHECK(contains(judge(s, now).reasons.at(0), "check-config"));
    }
    auto const v = judge(s, now);
    CHECK(v.what == condition::remarks);
    CHECK(v.word() == "Up to date, with remarks");
    CHECK(v.good());
}

TEST_CASE("verdict: the worst comes first, and all is told", "[verdict]") {
    auto s = guarded();
    s.datasets[0].quarantined = 2;
    s.error = "no server";
    auto const v = judge(s, now);
    CHECK(v.what == condition::failing);
    REQUIRE(v.reasons.size() == 3);
    CHECK(contains(v.reasons[0], "no server"));
    CHECK(contains(v.reasons[1], "shrink guard"));
    CHECK(contains(v.reasons[2], "2 quarantined rows"));
}

TEST_CASE("verdict: a standby is well and says who is at work", "[verdict]") {
    auto s = at_rest();
    s.standby_for = "process 7 on b";
    s.listener = hearing::down;
    auto const v = judge(s, now);
    CHECK(v.what == condition::standby);
    CHECK(v.reasons == std::vector<std::string>{"another instance is at work: process 7 on b"});
}

TEST_CASE("state line: when all is well it tells of notifications and of the last change", "[verdict]") {
    auto s = at_rest();
    CHECK(state_line(s, now) == "Up to date, listening, last change 2026-11-21T23:00:00Z, generation 12");
    s.listener = hearing::down;
    s.listener_problem = "connection: refused";
    CHECK(state_line(s, now) ==
          "Up to date, polling, last change 2026-11-21T23:00:00Z, generation 12; no notifications, "
          "polling instead: connection: refused");
}

TEST_CASE("state line: when it is not, the reason follows", "[verdict]") {
    CHECK(state_line(failing(), now).starts_with("Failing since 2026-11-22T00:00:00Z: mark users"));
    CHECK(state_line(guarded(), now).starts_with("Held back: removals held back by the shrink guard: 100 of 250"));
}

TEST_CASE("running cycle: rate and time left are told once there are rows", "[verdict]") {
    auto s = at_rest();
    CHECK_FALSE(look_at_cycle(s, now));
    s.running_since = now - 10s;
    CHECK(look_at_cycle(s, now)->rate == 0);
    s.speed.at(now - 10s, 0);
    s.rows_done = 200;
    CHECK(look_at_cycle(s, now)->rate == 20);
    s.rows = 1000;
    CHECK(look_at_cycle(s, now)->left == 40s);
    s.rows_done = 1001; // more came meanwhile
    CHECK(look_at_cycle(s, now)->left == 0s);
}
