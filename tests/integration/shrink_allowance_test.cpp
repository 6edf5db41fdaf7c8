// One shrink may pass: by the database's owner, or by the tree's; once, whatever is killed meanwhile.
#include "support/catch.hpp"
#include "support/export_fixture.hpp"

#include <notes_export/allow_shrink.hpp>
#include <notes_export/error.hpp>
#include <notes_export/status.hpp>

#include <functional>

using namespace notes_export;
using test::users_of;

namespace {

struct shrinking : test::export_fixture {
    shrinking() { run(); }

    void shrink() {
        db.exec("CREATE TABLE kept AS SELECT * FROM dwh.datamartusers; TRUNCATE dwh.datamartusers");
        CHECK(users_of(run()).shrink_refused == 30);
    }
    void grow() {
        db.exec("INSERT INTO dwh.datamartusers SELECT * FROM kept; DROP TABLE kept");
        run();
    }
    void allow_in_database() { db.exec("SELECT dwh.request_json_export(true, allow_shrink => true)"); }
    std::string until() { return read_status(config()).shrink_allowed_until; }
};

} // namespace

TEST_CASE_METHOD(shrinking, "allowed shrink: one cycle uses it, and the next one is held again", "[shrink][db]") {
    std::function<void()> allow;
    SECTION("by the owner of the tree") {
        allow = [this] { allow_shrink(tree()); };
    }
    SECTION("by the owner of the tables") {
        allow = [this] { allow_in_database(); };
    }
    SECTION("by both") {
        allow = [this] {
            allow_shrink(tree());
            allow_in_database();
        };
    }
    shrink();
    CHECK(until().empty());
    allow();
    CHECK_FALSE(until().empty());
    auto const r = run();
    CHECK(users_of(r).removed == 30);
    REQUIRE(r.allowed_shrinks.size() == 1);
    CHECK(r.warnings.empty()); // it is told once
    CHECK(r.allowed_shrinks[0].dataset == "users");
    CHECK(r.allowed_shrinks[0].going == 30);
    CHECK(until().empty());
    CHECK(db.number("SELECT count(*) FROM dwh.json_export_log") == 0);
    CHECK_FALSE(has(".exportd/allow_shrink"));
    CHECK(verify().clean());
    grow();
    shrink(); // refused
    CHECK(users_of(run(true)).shrink_refused == 30);
}

TEST_CASE_METHOD(shrinking, "allowed shrink: a cycle that does not need it leaves it", "[shrink][db]") {
    allow_shrink(tree());
    db.exec("SELECT dwh.request_json_export(false, true)");
    change_user(nth_user(3).key, 4711);
    CHECK(run().allowed_shrinks.empty());
    CHECK(run(true).allowed_shrinks.empty());
    CHECK_FALSE(until().empty());
    CHECK(has(".exportd/allow_shrink"));
    CHECK(db.number("SELECT count(*) FROM dwh.json_export_log") == 1);
    db.exec("TRUNCATE dwh.datamartusers");
    CHECK(users_of(run()).removed == 30);
    CHECK(until().empty());
}

TEST_CASE_METHOD(shrinking, "allowed shrink: both datasets go in the one cycle", "[shrink][db]") {
    db.exec("INSERT INTO dwh.datamartcountries (dimension_country_id, country_id, country_name, history_whole_open,"
            " history_whole_closed) SELECT n, n, 'country ' || n, 1, 1 FROM generate_series(5001, 5030) n");
    run();
    db.exec("TRUNCATE dwh.datamartusers; TRUNCATE dwh.datamartcountries");
    allow_shrink(tree());
    auto const r = run();
    CHECK(r.allowed_shrinks.size() == 2);
    CHECK(r.datasets.at(1).removed == 36);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(shrinking, "allowed shrink: ends after a day", "[shrink][db]") {
    db.exec("TRUNCATE dwh.datamartusers");
    allow_in_database();
    db.exec("UPDATE dwh.json_export_log SET logged_at = now() - interval '24 hours 1 second' WHERE dataset = '*'");
    auto const old = std::chrono::system_clock::now() - std::chrono::hours{24} - std::chrono::seconds{1};
    std::ofstream{tree() / ".exportd/allow_shrink"}
        << std::chrono::duration_cast<std::chrono::microseconds>(old.time_since_epoch()).count() << '\n';
    CHECK(until().empty());
    CHECK(users_of(run()).shrink_refused == 30);
    CHECK_FALSE(has(".exportd/allow_shrink")); // and they are put away
    CHECK(db.number("SELECT count(*) FROM dwh.json_export_log WHERE dataset = '*'") == 0);
}

TEST_CASE_METHOD(shrinking, "allowed shrink: odd times in the table end no cycle", "[shrink][db]") {
    db.exec("TRUNCATE dwh.datamartusers");
    for (std::string const time : {"infinity", "-infinity", "294000-01-01", "4713-01-01 BC"})
        db.exec("INSERT INTO dwh.json_export_log (dataset, reason, logged_at) VALUES ('*', 'shrink allowed', '" + time +
                "')");
    CHECK(users_of(run()).shrink_refused == 30);
    CHECK(until().empty());
}

TEST_CASE_METHOD(shrinking, "allowed shrink: neither a notification nor another line of the log allows it",
                 "[shrink][db]") {
    db.exec("TRUNCATE dwh.datamartusers");
    db.exec("NOTIFY osm_notes_export, '{\"full\":true,\"allow_shrink\":true}'");
    db.exec("INSERT INTO dwh.json_export_log (dataset, reason) VALUES (NULL, 'shrink allowed'), ('users', 'shrink"
            " allowed'), ('*', 'requested')");
    CHECK(users_of(run()).shrink_refused == 30);
    CHECK(users_of(run(true)).shrink_refused == 30);
}

TEST_CASE_METHOD(shrinking, "allowed shrink: what fails before the publication has used nothing up", "[shrink][db]") {
    db.exec("TRUNCATE dwh.datamartusers");
    bool const in_database = GENERATE(true, false);
    if (in_database)
        allow_in_database();
    else
        allow_shrink(tree());
    cycle_observer o{.entering = [](phase p) {
        if (p == phase::publish)
            throw std::runtime_error{"killed"};
    }};
    CHECK_THROWS_WITH((exporter{config(), o}.run({})), "killed");
    CHECK_FALSE(until().empty());
    CHECK(users_of(run()).removed == 30);
    CHECK(until().empty());
}

TEST_CASE_METHOD(shrinking, "allowed shrink: what fails after the publication has used it up", "[shrink][db]") {
    shrink();
    bool const in_database = GENERATE(true, false);
    if (in_database)
        allow_in_database();
    else
        allow_shrink(tree());
    cycle_observer o{.entering = [](phase p) {
        if (p == phase::mark)
            throw std::runtime_error{"killed"};
    }};
    CHECK_THROWS_WITH((exporter{config(), o}.run({})), "killed");
    CHECK(file("indexes/users.json") == "[]\n");
    CHECK(until().empty());
    grow();
    shrink(); // refused
    CHECK(db.number("SELECT count(*) FROM dwh.json_export_log WHERE dataset = '*'") == 0);
}

TEST_CASE_METHOD(shrinking, "allowed shrink: once it was used, other profiles in the place of all are refused",
                 "[shrink][db]") {
    db.exec("CREATE TABLE gone AS SELECT dimension_user_id FROM dwh.datamartusers WHERE user_id >= 1"
            " ORDER BY user_id LIMIT 12");
    db.exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id IN (SELECT dimension_user_id FROM gone)");
    allow_in_database();
    CHECK(users_of(run()).removed == 12);
    db.exec("UPDATE dwh.datamartusers SET user_id = user_id + 20000000 WHERE user_id >= 1");
    CHECK(users_of(run()).shrink_refused == 18);
}

TEST_CASE_METHOD(shrinking, "allowed shrink: files that a cycle left over when it was killed go later",
                 "[shrink][db]") {
    auto const before = contents();
    shrink();
    allow_in_database();
    run();
    auto put_back = [&] {
        for (auto const& [path, text] : before)
            if (path.starts_with("users/"))
                std::ofstream{tree() / path} << text;
    };
    put_back();
    auto const r = run(true);
    CHECK(users_of(r).removed == 30);
    CHECK(r.allowed_shrinks.empty());
    put_back(); // by whoever it was: that cycle has ended well
    CHECK(users_of(run(true)).shrink_refused == 30);
}
