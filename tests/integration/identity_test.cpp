// Which row a profile is made from, when keys are not what they should be.
#include "support/catch.hpp"

#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"

#include <algorithm>
#include <set>

using namespace notes_export;
using test::contains;
using test::users_of;

namespace {

struct identity_fixture : test::export_fixture {
    user u = nth_user(9);

    identity_fixture() {
        run();
        db.exec("ALTER TABLE dwh.datamartusers DROP CONSTRAINT datamartusers_pkey");
    }
    std::string key() const { return std::to_string(u.key); }
    /// The same row once more, with changes in the form of a JSON object.
    void double_row(std::string const& changes = "{}") {
        db.exec("INSERT INTO dwh.datamartusers SELECT (json_populate_record(d, '" + changes +
                "')).* FROM dwh.datamartusers d WHERE dimension_user_id = " + key());
    }
    std::size_t entries(std::int64_t id) const {
        auto const index = file("indexes/users.json");
        auto const entry = "{\"user_id\":" + std::to_string(id) + ",";
        std::size_t count = 0;
        for (auto at = index.find(entry); at != std::string::npos; at = index.find(entry, at + 1))
            ++count;
        return count;
    }
    void stays(bool full) {
        auto const before = files();
        auto const report = run(full);
        CHECK(users_of(report).removed == 0);
        CHECK(touched(before, files()).empty());
        CHECK(users_of(report).mark_conflicts == 0);
        CHECK(verify().clean());
    }
};

bool says(cycle_report const& report, std::string const& part) {
    return std::ranges::any_of(report.warnings, [&](auto const& text) { return contains(text, part); });
}

bool entries_are_unique(std::string const& index) {
    std::set<std::string> ids;
    for (auto at = index.find("{\"user_id\":"); at != std::string::npos; at = index.find("{\"user_id\":", at + 1))
        if (!ids.insert(index.substr(at, index.find(',', at) - at)).second)
            return false;
    return !ids.empty();
}

} // namespace

TEST_CASE_METHOD(identity_fixture, "identity: a row that is there twice keeps its file and its entry",
                 "[identity][db]") {
    double_row();
    bool const full = GENERATE(false, true);
    auto const report = run(full);
    CHECK(users_of(report).removed == 0);
    CHECK(users_of(report).mark_conflicts == 0);
    CHECK(says(report, "datamartusers: dimension_user_id = " + key() + " stands in 2 rows"));
    CHECK(has(u.path));
    CHECK(entries(u.id) == 1);
    CHECK(db.pending() == 0);
    stays(true);
    stays(false);
}

TEST_CASE_METHOD(identity_fixture,
                 "identity: two rows of one key and id with other contents are one profile, and stay so",
                 "[identity][db]") {
    db.exec("UPDATE dwh.datamartusers SET username = 'aa' WHERE dimension_user_id = " + key());
    double_row(R"({"username": "zz other", "history_whole_open": 424242})");
    run();
    CHECK(contains(file(u.path), "zz other"));
    CHECK(contains(file("indexes/users.json"), "\"zz other\""));
    CHECK(entries(u.id) == 1);
    for (int i = 0; i < 3; ++i)
        stays(i % 2 == 0);
    // Only one of the two changes.
    db.exec("UPDATE dwh.datamartusers SET history_whole_open = 5 WHERE username = 'zz other'");
    run();
    CHECK(contains(file(u.path), "\"history_whole_open\":5,"));
    CHECK(verify().clean());
    stays(true);
}

TEST_CASE_METHOD(identity_fixture, "identity: one key under two ids gives each its own content", "[identity][db]") {
    double_row(R"({"user_id": 4242424, "username": "somebody else"})");
    bool const full = GENERATE(false, true);
    run(full);
    std::string const other = "users/b/f/8/4242424.json";
    CHECK(contains(file(other), "\"user_id\":4242424,\"username\":\"somebody else\""));
    CHECK(contains(file(u.path), "\"user_id\":" + std::to_string(u.id) + ","));
    CHECK_FALSE(contains(file(u.path), "somebody else"));
    CHECK(entries(4242424) == 1);
    CHECK(entries(u.id) == 1);
    CHECK(db.pending() == 0);
    CHECK(verify().clean());
    db.exec("UPDATE dwh.datamartusers SET history_whole_open = 31337 WHERE user_id = 4242424");
    run();
    CHECK(contains(file(other), "31337"));
    CHECK_FALSE(contains(file(u.path), "31337"));
    stays(true);
}

TEST_CASE_METHOD(identity_fixture, "identity: a table swapped in with doubled rows loses nothing", "[identity][db]") {
    db.exec("BEGIN; CREATE TABLE dwh.new_users AS SELECT * FROM dwh.datamartusers"
            " UNION ALL SELECT * FROM dwh.datamartusers WHERE user_id % 2 = 0;"
            "DROP TABLE dwh.datamartusers CASCADE; ALTER TABLE dwh.new_users RENAME TO datamartusers; COMMIT;"
            "GRANT SELECT, UPDATE (json_exported) ON dwh.datamartusers TO PUBLIC");
    auto const report = run();
    CHECK(users_of(report).removed == 0);
    CHECK(users_of(report).published == 30);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(identity_fixture, "identity: a key that is NULL leaves one row out", "[identity][db]") {
    db.exec("ALTER TABLE dwh.datamartusers ALTER COLUMN dimension_user_id DROP NOT NULL;"
            "UPDATE dwh.datamartusers SET dimension_user_id = NULL WHERE user_id = " +
            std::to_string(u.id));
    auto const before = file(u.path);
    change_user(nth_user(3).key, 31337);
    bool const full = GENERATE(false, true);
    exporter e{config()};
    auto const report = e.run({.full = full});
    CHECK(says(report, "datamartusers: dimension_user_id is NULL in 1 rows"));
    CHECK(contains(file(nth_user(3).path), "31337"));
    CHECK(file(u.path) == before);
    CHECK(entries(u.id) == 1);
    CHECK(users_of(report).quarantined == 1);
    CHECK(e.run({}).quarantined.empty()); // said once
    CHECK(read_status(config()).datasets.at(0).pending == 0);
    db.exec("UPDATE dwh.datamartusers SET dimension_user_id = " + key() +
            ", history_whole_open = 77 WHERE user_id = " + std::to_string(u.id));
    CHECK(users_of(e.run({})).quarantined == 0);
    CHECK(contains(file(u.path), "\"history_whole_open\":77,"));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(test::export_fixture, "identity: countries as well", "[identity][db]") {
    run();
    db.exec("ALTER TABLE dwh.datamartcountries DROP CONSTRAINT datamartcountries_pkey;"
            "INSERT INTO dwh.datamartcountries SELECT * FROM dwh.datamartcountries LIMIT 1");
    auto const before = files();
    CHECK(run(true).files_removed == 0);
    CHECK(touched(before, files()) == std::set<std::string>{});
    CHECK(run().files_removed == 0);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(test::export_fixture, "identity: tables that are joined may have a key twice", "[identity][db]") {
    std::string const table = GENERATE("contributor_types", "dimension_users");
    db.exec("ALTER TABLE dwh." + table + " DROP CONSTRAINT " + table + "_pkey; INSERT INTO dwh." + table +
            " SELECT * FROM dwh." + table);
    auto const report = run();
    CHECK(report.exported() == 36);
    CHECK(says(report, "gives 2 rows for dimension_user_id"));
    CHECK(entries_are_unique(file("indexes/users.json")));
    auto const before = files();
    run(true);
    change_user(nth_user(2).key, 31337);
    run();
    CHECK(verify().clean());
}

TEST_CASE_METHOD(test::export_fixture, "identity: a view that gives a row the id of another is refused row by row",
                 "[identity][db]") {
    run();
    auto const u = nth_user(2);
    auto const before = file(u.path);
    db.exec("DROP VIEW dwh.datamartusers_export; CREATE VIEW dwh.datamartusers_export AS"
            " SELECT dimension_user_id, CASE user_id WHEN " +
            std::to_string(u.id) +
            " THEN 999999999 ELSE user_id END AS user_id, username, history_whole_open, history_whole_closed,"
            " id_contributor_type FROM dwh.datamartusers");
    auto c = config();
    c.validation = validation_mode::off;
    auto const report = exporter{c}.run({});
    CHECK(users_of(report).exported == 29);
    REQUIRE(report.quarantined.size() == 1);
    CHECK(report.quarantined[0].id == u.id);
    CHECK(file(u.path) == before);
}
