// Shards of an index: which are written when, and that they always are what a full export makes.
#include "support/catch.hpp"

#include "support/parsed_json.hpp"
#include "support/shards_fixture.hpp"

#include <algorithm>
#include <fstream>

namespace test {

TEST_CASE_METHOD(running_shards, "shards: the first export makes them all", "[shards][db]") {
    auto const index = file(index_path);
    auto const top = file(top_path);
    CHECK(std::count(top.begin(), top.end(), '{') == 5);
    CHECK(index.starts_with(top.substr(0, top.size() - 2)));
    for (int n = 0; n < 30; ++n) {
        auto const u = nth_user(n);
        auto const name = name_of(u);
        INFO(name);
        CHECK(lists(names_path(name), name, u.id));
        auto const bigrams = shard::bigrams_of(shard::folded(name));
        for (auto const b : bigrams)
            CHECK(has(where().of(b)));
    }
    auto const about = parsed(file("indexes/users/shards.json"));
    CHECK(about["names"]["shards"].GetInt() == 4096);
    CHECK(about["top"]["entries"].GetInt() == 5);
    CHECK(about["top"]["name"] == "username");
    CHECK(clean());
    CHECK_FALSE(has("indexes/countries/shards.json"));
}

TEST_CASE_METHOD(running_shards, "shards: a changed count writes no shard of names", "[shards][db]") {
    auto const before = files();
    auto const u = nth_user(3);
    change_user(u.key, 1'000'000);
    auto const report = one->run({});
    CHECK(users_of(report).index_merged);
    auto const written = shards_among(touched(before, files()));
    CHECK(written.contains(top_path));
    for (auto const& path : written)
        CHECK((path == top_path || path.starts_with("indexes/users/bigrams/")));
    CHECK(users_of(report).shards_written == written.size());
    CHECK(file(top_path).find("\"user_id\":" + std::to_string(u.id) + ",") == 2);
    CHECK(live() == fresh(with_shards()));
}

TEST_CASE_METHOD(running_shards, "shards: a change that is in no shard writes none", "[shards][db]") {
    auto const before = files();
    db.exec("UPDATE dwh.datamartusers SET notes_resolved_count = 4711 WHERE dimension_user_id = " +
            std::to_string(nth_user(3).key));
    auto const report = one->run({});
    CHECK(users_of(report).exported == 1);
    CHECK(users_of(report).shards_written == 0);
    CHECK(shards_among(touched(before, files())).empty());
}

TEST_CASE_METHOD(running_shards, "shards: a renamed user is found by the new name alone", "[shards][db]") {
    auto const u = nth_user(12);
    auto const old_name = name_of(u);
    rename(u, "Quite Another");
    auto const report = one->run({});
    CHECK(users_of(report).index_merged);
    CHECK_FALSE(lists(names_path(old_name), old_name, u.id));
    CHECK(lists(names_path("QUITE another"), "Quite Another", u.id));
    CHECK(lists(where().of({U'q', U'u'}), "Quite Another", u.id));
    CHECK(live() == fresh(with_shards()));
}

TEST_CASE_METHOD(running_shards, "shards: a removed user is in none, and empty ones go", "[shards][db]") {
    add_user(40'000'001, "'zqzq'");
    one->run({});
    REQUIRE(has(where().of({U'z', U'q'})));
    db.exec("DELETE FROM dwh.datamartusers WHERE user_id = 40000001");
    auto const report = one->run({});
    CHECK(users_of(report).index_merged);
    CHECK(users_of(report).shards_removed >= 2);
    CHECK_FALSE(has(where().of({U'z', U'q'})));
    CHECK_FALSE(has(where().of({U'q', U'z'})));
    CHECK(clean());
    CHECK(live() == fresh(with_shards()));
}

TEST_CASE_METHOD(running_shards, "shards: a new user is found at once", "[shards][db]") {
    auto const before = files();
    add_user(40'000'002, "'New One'", 2'000'000);
    auto const report = one->run({});
    CHECK(users_of(report).index_merged);
    CHECK(lists(names_path("new one"), "New One", 40'000'002));
    CHECK(file(top_path).find("\"user_id\":40000002,") == 2);
    auto const written = shards_among(touched(before, files()));
    CHECK(written.size() <= 2 + shard::bigrams_of(U"new one").size());
    CHECK(live() == fresh(with_shards()));
}

TEST_CASE_METHOD(running_shards, "shards: who leaves the top makes room for the next", "[shards][db]") {
    auto const first = parsed(file(top_path))[0]["user_id"].GetInt64();
    db.exec("UPDATE dwh.datamartusers SET history_whole_open = 0, history_whole_closed = 0 WHERE user_id = " +
            std::to_string(first));
    CHECK(users_of(one->run({})).index_merged);
    auto const top = file(top_path);
    CHECK(std::count(top.begin(), top.end(), '{') == 5);
    CHECK(top.find("\"user_id\":" + std::to_string(first) + ",") == std::string::npos);
    CHECK(live() == fresh(with_shards()));
}

TEST_CASE_METHOD(running_shards, "shards: two of one name, and odd names", "[shards][db]") {
    add_user(40'000'001, "'Same'");
    add_user(40'000'002, "'Same'", 7);
    add_user(40'000'003, "'SAME'", 9);
    add_user(40'000'004, "'x'");
    add_user(40'000'005, "repeat('Ü', 5000)");
    add_user(40'000'006, "E'\\x01\\n\\t\"\\\\</script>'");
    add_user(40'000'007, "'\U0001F600\u200D\U0001F525 \u202Eשלום'");
    one->run({});
    CHECK(file(names_path("same")).find("[\"SAME\",40000003],\n[\"Same\",40000001],\n[\"Same\",40000002]") !=
          std::string::npos);
    CHECK(lists(names_path("x"), "x", 40'000'004));
    CHECK(has(where().of({U'ü', U'ü'})));
    CHECK(lists(names_path("\x01\n\t\"\\</script>"), "\\u0001\\n\\t\\\"\\\\</script>", 40'000'006));
    CHECK(lists(where().of({0x1F600, 0x200D}), "\U0001F600\u200D\U0001F525 \u202Eשלום", 40'000'007));
    for (auto const& [path, text] : contents())
        if (where().contains(path)) {
            INFO(path);
            CHECK_NOTHROW(parsed(text));
        }
    CHECK(live() == fresh(with_shards()));
}

TEST_CASE_METHOD(running_shards, "shards: a refused row keeps its old name in them", "[shards][db]") {
    auto const u = nth_user(4);
    auto const old_name = name_of(u);
    db.exec("UPDATE dwh.datamartusers SET username = 'Refused', history_whole_open = -1 WHERE dimension_user_id = " +
            std::to_string(u.key));
    CHECK(users_of(one->run({})).quarantined == 1);
    CHECK(lists(names_path(old_name), old_name, u.id));
    CHECK_FALSE(has(names_path("refused")));
    CHECK(clean());
    change_user(u.key, 3);
    one->run({});
    CHECK(lists(names_path("refused"), "Refused", u.id));
    CHECK(live() == fresh(with_shards()));
}

TEST_CASE_METHOD(running_shards, "shards: a row without a name is in those of names, as null", "[shards][db]") {
    auto c = with_shards();
    c.validation = validation_mode::off;
    one.emplace(c);
    db.exec("UPDATE dwh.datamartusers SET username = NULL WHERE dimension_user_id = " +
            std::to_string(nth_user(4).key));
    one->run({});
    CHECK(file(names_path("")) == "[[null," + std::to_string(nth_user(4).id) + "]]\n");
    CHECK(live() == fresh(c));
}

TEST_CASE_METHOD(running_shards, "shards: many cycles give what one full export gives", "[shards][db]") {
    for (int i = 0; i < 12; ++i) {
        change_user(nth_user(i % 7).key, i % 2 == 0 ? 3 * i : 500'000 - i);
        rename(nth_user(20 - i), i % 3 == 0 ? "aabb" : "bbaa" + std::to_string(i));
        if (i % 4 == 1)
            remove(nth_user(i));
        if (i % 4 == 3)
            add_user(50'000'000 + i, "'aab'", i);
        CHECK(users_of(one->run({})).index_merged);
    }
    CHECK(clean());
    CHECK(live() == fresh(with_shards()));
}

TEST_CASE_METHOD(running_shards, "shards: another process makes the same of the table", "[shards][db]") {
    rename(nth_user(5), "Elsewhere");
    remove(nth_user(6));
    auto const before = files();
    one.reset();
    auto const report = exporter{with_shards()}.run({});
    CHECK_FALSE(users_of(report).index_merged);
    CHECK(shards_among(touched(before, files())).size() ==
          users_of(report).shards_written + users_of(report).shards_removed);
    CHECK(live() == fresh(with_shards()));
}

TEST_CASE_METHOD(running_shards, "shards: verify finds what is wrong with them, and a full export mends it",
                 "[shards][db]") {
    auto const some = names_path(name_of(nth_user(2)));
    std::ofstream{tree() / some, std::ios::app} << ' ';
    std::filesystem::remove(tree() / top_path);
    std::filesystem::create_directories(tree() / "indexes/users/bigrams/3");
    std::ofstream{tree() / where().of({0xFFFF, 0x4})} << "[]\n";
    std::ofstream{tree() / "indexes/users/README.md"} << "of somebody else\n";
    std::map<std::string, drift::kind> found;
    for (auto const& d : notes_export::verify(with_shards()).drifts)
        found.emplace(d.path, d.what);
    CHECK(found == std::map<std::string, drift::kind>{{some, drift::kind::differs},
                                                      {top_path, drift::kind::missing},
                                                      {where().of({0xFFFF, 0x4}), drift::kind::orphan}});
    one->run({.full = true});
    CHECK(clean());
    CHECK(has("indexes/users/README.md"));
}

TEST_CASE_METHOD(running_shards, "shards: a follower of the feed has each state of them", "[shards][feed][db]") {
    feed_follower copy;
    copy.follow(tree());
    for (int i = 0; i < 6; ++i) {
        change_user(nth_user(i).key, 600'000 + i);
        rename(nth_user(20 - i), "name " + std::to_string(i));
        if (i == 3)
            remove(nth_user(10));
        one->run({});
        REQUIRE(copy.follow(tree()).empty());
        CHECK(copy.copy == feed_follower::public_files(tree()));
    }
    CHECK(copy.whole_copies == 1);
}

TEST_CASE_METHOD(running_shards, "shards: with a shrink that is refused they stay as they are", "[shards][db]") {
    auto const before = contents();
    db.exec("DELETE FROM dwh.datamartusers WHERE user_id >= 1 AND dimension_user_id NOT IN (SELECT dimension_user_id"
            " FROM dwh.datamartusers WHERE user_id >= 1 ORDER BY user_id LIMIT 9)");
    auto const report = one->run({});
    REQUIRE(users_of(report).shrink_refused > 0);
    CHECK(users_of(report).shards_written == 0);
    CHECK(users_of(report).shards_removed == 0);
    for (auto const& path : shards())
        CHECK(file(path) == before.at(path));
    rename(nth_user(2), "Meanwhile");
    one->run({});
    CHECK_FALSE(has(names_path("meanwhile")));
    CHECK(users_of(one->run({.allow_shrink = true})).index_merged); // with what was refused as well
    CHECK(lists(names_path("meanwhile"), "Meanwhile", nth_user(2).id));
    CHECK(clean());
    CHECK(live() == fresh(with_shards()));
}

} // namespace test
