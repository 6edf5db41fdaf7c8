// Cycles of selected entities: everything else stays as it is, and goes on waiting.
#include "support/catch.hpp"
#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"

#include <notes_export/error.hpp>

using namespace notes_export;
using test::users_of;

namespace {

struct selecting : test::export_fixture {
    selecting() : export_fixture{"small"} { run(); }

    cycle_report run_only(std::vector<std::int64_t> const& users, cycle_request request = {}) {
        request.only = entity_selection{{"users", users}};
        return exporter{config()}.run(request);
    }
    bool in_index(std::int64_t id) const {
        return test::contains(file("indexes/users.json"), "\"user_id\":" + std::to_string(id) + ",");
    }
    std::string total() const {
        auto const text = file("metadata.json");
        auto const at = text.find("\"total_users\": ");
        return text.substr(at, text.find(',', at) - at);
    }
    void add_user(std::int64_t key, std::int64_t id) {
        db.exec("INSERT INTO dwh.datamartusers (dimension_user_id, user_id, username, history_whole_open,"
                " history_whole_closed) VALUES (" +
                std::to_string(key) + ", " + std::to_string(id) + ", 'somebody', 1, 1)");
    }
    void delete_user(std::int64_t key) {
        db.exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + std::to_string(key));
    }
    /// What follows heals everything that was left.
    void require_the_rest_follows() {
        run();
        CHECK(db.pending() == 0);
        CHECK(db.number("SELECT count(*) FROM dwh.json_export_log") == 0);
        CHECK(verify().clean());
    }
};

} // namespace

TEST_CASE_METHOD(selecting, "selection: one of two changed rows is published and marked", "[selection][db]") {
    auto const a = nth_user(3), b = nth_user(4);
    change_user(a.key, 4711);
    change_user(b.key, 4712);
    auto const before = contents();
    auto const r = run_only({a.id});
    CHECK(r.reason == "selected entities");
    CHECK(users_of(r).exported == 1);
    CHECK(users_of(r).marked == 1);
    CHECK(users_of(r).pending == 1);
    CHECK(test::contains(file(a.path), ":4711,"));
    CHECK(file(b.path) == before.at(b.path));
    auto const index = file("indexes/users.json");
    CHECK(test::contains(index, ":4711,"));
    CHECK_FALSE(test::contains(index, ":4712,")); // it agrees with the profile
    CHECK(file("indexes/countries.json") == before.at("indexes/countries.json"));
    CHECK(db.pending() == 1);
    require_the_rest_follows();
}

TEST_CASE_METHOD(selecting, "selection: an index never names a row whose file is not there", "[selection][db]") {
    add_user(700'001, 700'101);
    add_user(700'002, 700'102);
    CHECK(users_of(run_only({700'101})).exported == 1);
    CHECK(in_index(700'101));
    CHECK_FALSE(in_index(700'102));
    CHECK(total() == "\"total_users\": 31");
    require_the_rest_follows();
    CHECK(total() == "\"total_users\": 32");
}

TEST_CASE_METHOD(selecting, "selection: an id without a row is removed, another one waits", "[selection][db]") {
    auto const a = nth_user(3), b = nth_user(4);
    delete_user(a.key);
    delete_user(b.key);
    CHECK(users_of(run_only({a.id})).removed == 1);
    CHECK_FALSE(has(a.path));
    CHECK_FALSE(in_index(a.id));
    CHECK(has(b.path));
    CHECK(total() == "\"total_users\": 29"); // so many files there are
    require_the_rest_follows();
    CHECK_FALSE(has(b.path));
    CHECK(total() == "\"total_users\": 28");
}

TEST_CASE_METHOD(selecting, "selection: an id that was never there changes nothing", "[selection][db]") {
    auto const before = files();
    CHECK_FALSE(run_only({999'999}).published);
    CHECK(files() == before);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(selecting, "selection: a file that was damaged, removed or planted is mended", "[selection][db]") {
    auto const before = contents();
    auto const a = nth_user(3), b = nth_user(4), other = nth_user(5);
    std::ofstream{tree() / a.path, std::ios::app} << ' ';
    std::filesystem::remove(tree() / b.path);
    std::ofstream{tree() / other.path, std::ios::app} << ' ';
    std::filesystem::create_directories(tree() / "users/0/3/9");
    std::ofstream{tree() / "users/0/3/9/12345.json"} << "{}\n";
    auto const r = run_only({a.id, b.id, 12'345});
    CHECK(users_of(r).exported == 2);
    CHECK(users_of(r).removed == 1);
    CHECK(file(a.path) == before.at(a.path));
    CHECK(file(b.path) == before.at(b.path));
    CHECK_FALSE(has("users/0/3/9/12345.json"));
    CHECK(file(other.path) == before.at(other.path) + ' '); // nobody asked for it
    CHECK(total() == "\"total_users\": 30");
    CHECK(verify().differences == 1);
}

TEST_CASE_METHOD(selecting, "selection: a dataset without ids is its index", "[selection][db]") {
    auto const before = file("indexes/countries.json");
    std::ofstream{tree() / "indexes/countries.json"} << "[]\n";
    cycle_request request;
    request.only = entity_selection{{"countries", {}}};
    exporter{config()}.run(request);
    CHECK(file("indexes/countries.json") == before);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(selecting, "selection: a refused row stays refused, and its neighbour too", "[selection][db]") {
    auto const bad = nth_user(3), good = nth_user(4), other = nth_user(5);
    for (auto const& u : {bad, other})
        db.exec("UPDATE dwh.datamartusers SET history_whole_closed = -1 WHERE dimension_user_id = " +
                std::to_string(u.key));
    run();
    CHECK(test::contains(file(".exportd/quarantine.json"), std::to_string(other.id)));
    change_user(good.key, 4711);
    auto const r = run_only({bad.id, good.id});
    CHECK(users_of(r).exported == 1);
    CHECK(users_of(r).quarantined == 2);
    auto const refused = file(".exportd/quarantine.json");
    CHECK(test::contains(refused, std::to_string(bad.id)));
    CHECK(test::contains(refused, std::to_string(other.id)));
    CHECK(run().datasets.at(0).quarantined == 2);
    db.exec("UPDATE dwh.datamartusers SET history_whole_closed = 1 WHERE history_whole_closed = -1");
    require_the_rest_follows();
}

TEST_CASE_METHOD(selecting, "selection: the shrink guard holds as in any cycle", "[selection][db]") {
    auto const stays = file(nth_user(0).path);
    std::vector<std::int64_t> ids;
    for (int n = 0; n < 20; ++n)
        ids.push_back(nth_user(n).id);
    auto const before = contents();
    db.exec("DELETE FROM dwh.datamartusers WHERE user_id IN (SELECT user_id FROM dwh.datamartusers WHERE user_id >= 1"
            " ORDER BY user_id LIMIT 20)");
    CHECK(users_of(run_only(ids)).shrink_refused == 20);
    auto after = contents();
    CHECK(after == before);
    CHECK(users_of(run_only(ids, {.allow_shrink = true})).removed == 20);
    require_the_rest_follows();
}

TEST_CASE_METHOD(selecting, "selection: a full export that is owed comes first", "[selection][db]") {
    auto const u = nth_user(3);
    change_user(u.key, 4711);
    auto const before = contents();
    std::string expected;
    SECTION("columns changed") {
        db.exec("ALTER TABLE dwh.datamartusers ADD added integer");
        expected = "columns changed";
    }
    SECTION("the tree is another one") {
        std::filesystem::remove(tree() / "metadata.json");
        expected = "tree is empty";
    }
    SECTION("triggers were missing") {
        db.exec("INSERT INTO dwh.json_export_log (reason) VALUES ('triggers were missing')");
        expected = "triggers were missing";
    }
    auto const message = test::thrown_message([&] { run_only({u.id}); });
    CHECK(test::contains(message, "before the full export that is owed: " + expected));
    auto after = contents();
    if (expected == "tree is empty")
        after["metadata.json"] = before.at("metadata.json");
    CHECK(after == before);
    require_the_rest_follows();
}

TEST_CASE_METHOD(selecting, "selection: a full export that somebody asked for is still made later", "[selection][db]") {
    auto const u = nth_user(3);
    change_user(u.key, 4711);
    db.exec("SELECT dwh.request_json_export(true)");
    CHECK(users_of(run_only({u.id})).exported == 1);
    CHECK(run().mode == cycle_mode::full);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(selecting, "selection: an exporter that goes on afterwards has forgotten nothing", "[selection][db]") {
    exporter e{config()};
    e.run({});
    auto const a = nth_user(3), b = nth_user(4);
    change_user(a.key, 4711);
    change_user(b.key, 4712);
    delete_user(nth_user(6).key);
    cycle_request request;
    request.only = entity_selection{{"users", {a.id}}};
    CHECK(users_of(e.run(request)).exported == 1);
    CHECK(test::contains(file("indexes/users.json"), ":4711,"));
    CHECK_FALSE(test::contains(file("indexes/users.json"), ":4712,"));
    CHECK(users_of(e.run({})).exported == 1);
    CHECK(verify().clean());
    CHECK_FALSE(e.run({}).published);
}
