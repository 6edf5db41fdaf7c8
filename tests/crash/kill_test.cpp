// A SIGKILL at any call, then the next run: nothing is torn, nothing is lost, nothing is left.
#include "support/catch.hpp"

#include "crash/crash_fixture.hpp"
#include "support/standby_fixture.hpp"
#include "support/thorough.hpp"

#include <csignal>
#include <functional>
#include <iostream>

namespace test {

namespace {

complaints const none;
call_filter const changes = std::not_fn(only_looks);

struct kill_fixture : crash_fixture {
    using crash_fixture::crash_fixture;

    /// Kills `once` at each of its calls that may change something, and each time lets the next one mend it; until it
    /// is through before the kill.
    void kill_everywhere(std::string const& what) {
        std::size_t n = 1;
        while (survive(kill_at(n, changes)))
            ++n;
        CHECK(validate() == none);
        std::cout << what << ": killed at each of " << n - 1 << " calls that change something, survived " << m_survived
                  << '\n';
        CHECK(n > 50);
    }

    /// The same at some calls of each kind, unless there is time for all.
    void kill_at_each_kind(std::string const& what) {
        if (thorough())
            return kill_everywhere(what);
        put_back();
        auto const calm = once();
        REQUIRE(calm.status == 0);
        auto const all = some_of_each_kind(calm.trace, changes);
        CHECK(all.size() > 40);
        auto const chosen = only(crash_share(), all);
        for (auto const& call : chosen)
            survive(at(call, {fault::kind::kill}, changes));
        CHECK(validate() == none);
        std::cout << what << ": " << chosen.size() << " kills, survived " << m_survived << '\n';
        CHECK(2 * m_survived > chosen.size()); // some wait for another thread, and do not come again
    }

    bool survive(fault_plan plan) {
        put_back();
        auto const killed = once(std::move(plan));
        INFO("kill at " << (killed.hit ? killed.hit->text() : "no call"));
        if (!killed.hit) {
            CHECK(killed.status == 0);
            CHECK(after_cycle() == none);
            return false;
        }
        REQUIRE(killed.status == -SIGKILL);
        auto wrong = after_crash();
        remember_finished();
        auto patient = follower();
        auto eager = follower();
        eager.follow(tree());

        auto const next = once();
        REQUIRE(next.status == 0);
        durability_ledger ledger;
        ledger.add(killed.trace);
        ledger.add(next.trace);
        for (auto const& more : {after_cycle(), ledger.violations(), ledger.unsynced(), follow(patient), follow(eager)})
            wrong.insert(wrong.end(), more.begin(), more.end());
        CHECK(wrong == none);
        m_survived += wrong.empty() ? 1U : 0U;
        return true;
    }

    /// Whoever reads but the feed has what is in the tree, removals included.
    complaints follow(feed_follower& f) const {
        complaints wrong;
        if (auto const why = f.follow(tree()); !why.empty())
            wrong.push_back("a follower of the feed cannot follow: " + why);
        for (auto const& path : differences(f.copy, contents_of(tree())))
            wrong.push_back(path + " is not as the feed says");
        if (feed_is_complete && f.whole_copies > 1)
            wrong.push_back("the feed could not list what changed: " + f.last_reason);
        return wrong;
    }
    bool feed_is_complete = true;

    /// The tree and the flags are left as by a crash there.
    void crash_at(call_filter const& where) {
        put_back();
        auto const killed = once(kill_at(1, where));
        REQUIRE(killed.status == -SIGKILL);
        begin_here();
    }

    std::size_t m_survived = 0;
};

bool publishes_metadata(watched_call const& call) {
    return call.target == "metadata.json";
}

bool publishes_profile(watched_call const& call) {
    return call.target.starts_with("users/");
}

} // namespace

TEST_CASE_METHOD(kill_fixture, "crash: a first export may be killed at any call", "[crash][kill][db]") {
    keep_few_rows();
    feed_is_complete = false;
    begin_here();
    kill_at_each_kind("first export");
}

TEST_CASE_METHOD(kill_fixture, "crash: a cycle with changes of every kind may be killed at any call",
                 "[crash][kill][db]") {
    run();
    change_everything();
    begin_here();
    kill_everywhere("cycle with changes");
}

TEST_CASE_METHOD(with_standby<kill_fixture>, "crash: a cycle that reads from a standby may be killed at any call",
                 "[crash][kill][replica][db]") {
    options.insert(options.end(), {"--set", "database.read_conninfo=" + conninfo_of(standby.host())});
    run();
    change_everything();
    begin_here();
    kill_at_each_kind("cycle that reads from a standby");
}

TEST_CASE_METHOD(kill_fixture, "crash: a cycle with one changed row may be killed at any call", "[crash][kill][db]") {
    run();
    change_user(nth_user(3).key, 4711);
    begin_here();
    kill_at_each_kind("cycle with one changed row");
}

TEST_CASE_METHOD(kill_fixture, "crash: a cycle that publishes in batches may be killed at any call",
                 "[crash][kill][db]") {
    options.insert(options.end(), {"--set", "export.batch_size=1"});
    run();
    // All users are marked before the last country is: nothing but the journal tells then that their index is owed.
    change_user(nth_user(3).key, 4711);
    db.exec("UPDATE dwh.datamartcountries SET history_whole_open = 4711 WHERE country_id IN"
            " (SELECT country_id FROM dwh.datamartcountries WHERE country_id >= 1 ORDER BY 1 LIMIT 3)");
    begin_here();
    kill_everywhere("cycle in batches");
}

TEST_CASE_METHOD(kill_fixture, "crash: a cycle that replaces twins may be killed at any call",
                 "[crash][kill][twins][db]") {
    settings.more = "[output]\nprecompress = gzip, br\n";
    keep_few_rows();
    REQUIRE(once().status == 0);
    change_user(nth_user(1).key, 4711);
    db.exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + std::to_string(nth_user(2).key));
    begin_here();
    kill_at_each_kind("cycle with twins");
}

TEST_CASE_METHOD(kill_fixture, "crash: an export that makes and removes twins may be killed at any call",
                 "[crash][kill][twins][db]") {
    settings.more = "[output]\nprecompress = gzip\n";
    keep_few_rows();
    REQUIRE(once().status == 0);
    settings.more = "[output]\nprecompress = br\n";
    change_user(nth_user(1).key, 4711);
    begin_here();
    kill_at_each_kind("other twins");
}

TEST_CASE_METHOD(kill_fixture, "crash: a cycle that replaces shards may be killed at any call",
                 "[crash][kill][shards][db]") {
    settings.more = "[dataset users]\nshards = yes\ntop = 2\n";
    keep_few_rows();
    REQUIRE(once().status == 0);
    change_user(nth_user(1).key, 4711);
    db.exec("UPDATE dwh.datamartusers SET username = 'another name' WHERE dimension_user_id = " +
            std::to_string(nth_user(0).key) +
            "; DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + std::to_string(nth_user(2).key));
    begin_here();
    kill_at_each_kind("cycle with shards");
}

TEST_CASE_METHOD(kill_fixture, "crash: an export that makes shards, or removes them, may be killed at any call",
                 "[crash][kill][shards][db]") {
    keep_few_rows();
    std::string const with = "[dataset users]\nshards = yes\n";
    bool const makes = GENERATE(true, false);
    settings.more = makes ? "" : with;
    REQUIRE(once().status == 0);
    settings.more = makes ? with : "";
    change_user(nth_user(1).key, 4711);
    begin_here();
    kill_at_each_kind(makes ? "shards come" : "shards go");
}

TEST_CASE_METHOD(kill_fixture, "crash: the recovery from a crash before the first rename may be killed at any call",
                 "[crash][kill][db]") {
    run();
    change_everything();
    begin_here();
    crash_at(publishes_profile);
    kill_at_each_kind("recovery with a full staging");
}

TEST_CASE_METHOD(kill_fixture, "crash: the recovery from a crash before the last rename may be killed at any call",
                 "[crash][kill][db]") {
    run();
    change_everything();
    begin_here();
    crash_at(publishes_metadata);
    kill_at_each_kind("recovery without metadata.json");
}

} // namespace test
