// Indexes that are too large for where the tree goes.
#include "support/catch.hpp"

#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"

#include <algorithm>

using namespace notes_export;
using test::contains;
using test::users_of;

namespace {

struct size_fixture : test::export_fixture {
    exporter one{config()};

    size_fixture() { one.run({}); }

    std::string const path = "indexes/users.json";
    std::uint64_t size() const { return std::filesystem::file_size(tree() / path); }
    void limit(std::uint64_t bytes) {
        auto c = config();
        c.index_max_size = bytes;
        one.reconfigure(c);
    }
    /// Makes one entry, and so the index, longer by some bytes.
    void rename(user const& u, std::size_t length) {
        db.exec("UPDATE dwh.datamartusers SET username = '" + std::string(length, 'x') +
                "' WHERE dimension_user_id = " + std::to_string(u.key));
    }
    static bool told_of_users(std::vector<index_size> const& sizes) {
        return std::ranges::count(sizes, "users", &index_size::dataset) == 1;
    }
    bool named(user const& u) const { return contains(file(path), "{\"user_id\":" + std::to_string(u.id) + ","); }
};

} // namespace

TEST_CASE_METHOD(size_fixture, "index size: above the limit the old index stays and all else goes on", "[index][db]") {
    limit(size() + 100);
    auto const u = nth_user(4);
    auto const before = test::identity(tree() / path);
    auto const bytes = size();
    rename(u, 500);
    auto const report = one.run({});
    CHECK(test::identity(tree() / path) == before);
    CHECK(contains(file(u.path), std::string(500, 'x')));
    CHECK(db.pending() == 0);
    CHECK(users_of(report).index_refused);
    CHECK(users_of(report).index_bytes == bytes);
    CHECK_FALSE(users_of(report).index_written);
    REQUIRE(report.refused_indexes.size() == 1);
    CHECK(report.refused_indexes[0].dataset == "users");
    CHECK(report.refused_indexes[0].path == path);
    CHECK(report.refused_indexes[0].bytes > bytes + 400);
    CHECK(report.refused_indexes[0].limit == bytes + 100);
    CHECK(contains(file("metadata.json"), "\"total_users\": 30,"));
    CHECK(std::filesystem::is_empty(tree() / ".exportd/staging"));

    auto const status = read_status(config());
    REQUIRE(status.refused_indexes.size() == 1);
    CHECK(status.refused_indexes[0].bytes == report.refused_indexes[0].bytes);
}

TEST_CASE_METHOD(size_fixture, "index size: it is told once, and in each full export", "[index][db]") {
    limit(size() + 100);
    rename(nth_user(4), 500);
    CHECK(one.run({}).refused_indexes.size() == 1);
    change_user(nth_user(5).key, 11);
    CHECK(one.run({}).refused_indexes.empty());
    CHECK(one.run({.full = true}).refused_indexes.size() == 1);
    CHECK(one.run({}).refused_indexes.empty());
}

TEST_CASE_METHOD(size_fixture, "index size: what was held back comes when the limit allows it", "[index][db]") {
    auto const larger = size() + 1000;
    limit(size() + 100);
    change_user(nth_user(6).key, 12);
    one.run({});
    rename(nth_user(4), 500);
    one.run({});
    change_user(nth_user(5).key, 11);
    one.run({});
    SECTION("by a higher limit") {
        limit(larger);
        auto const report = one.run({});
        CHECK(report.mode == cycle_mode::incremental);
        CHECK(users_of(report).index_written);
    }
    SECTION("by no limit") {
        limit(0);
        CHECK(users_of(one.run({})).index_written);
    }
    SECTION("by a shorter name, though other changes were held back with it") {
        rename(nth_user(4), 3);
        CHECK(users_of(one.run({})).index_written);
    }
    CHECK(contains(file(path), "\"history_whole_open\":11,"));
    CHECK(read_status(config()).refused_indexes.empty());
    CHECK(verify().clean());
}

TEST_CASE_METHOD(size_fixture, "index size: what is held back is not read from the whole table again", "[index][db]") {
    limit(size() + 100);
    change_user(nth_user(6).key, 12);
    one.run({});
    rename(nth_user(4), 500);
    CHECK(users_of(one.run({})).index_refused);
    change_user(nth_user(5).key, 11);
    CHECK(users_of(one.run({})).index_refused);
    rename(nth_user(4), 3);
    auto const report = one.run({});
    CHECK(users_of(report).index_written);
    CHECK(users_of(report).index_merged);
    CHECK(contains(file(path), "\"history_whole_open\":11,"));
}

TEST_CASE_METHOD(test::export_fixture, "index size: a new process knows what is held back", "[index][db]") {
    run();
    auto c = config();
    c.index_max_size = std::filesystem::file_size(tree() / "indexes/users.json");
    db.exec("UPDATE dwh.datamartusers SET username = repeat('x', 300) WHERE dimension_user_id = " +
            std::to_string(nth_user(4).key));
    CHECK(exporter{c}.run({}).refused_indexes.size() == 1);
    CHECK_FALSE(exporter{c}.run({}).published);
    auto const report = run();
    CHECK(report.mode == cycle_mode::incremental);
    CHECK(users_of(report).index_written);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(size_fixture, "index size: profiles that the old index names stay until a new one replaces it",
                 "[index][db]") {
    limit(size() + 100);
    auto const gone = nth_user(9);
    auto const large = nth_user(4);
    rename(large, 1000);
    db.exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + std::to_string(gone.key));
    auto const report = one.run({});
    CHECK(users_of(report).removed == 0);
    CHECK(users_of(report).index_refused);
    CHECK(has(gone.path));
    CHECK(named(gone));
    CHECK(contains(file("metadata.json"), "\"total_users\": 30,"));
    CHECK(users_of(one.run({.full = true})).removed == 0);
    CHECK(has(gone.path));
    rename(large, 5);
    CHECK(users_of(one.run({})).removed == 1);
    CHECK_FALSE(has(gone.path));
    CHECK_FALSE(named(gone));
    CHECK(contains(file("metadata.json"), "\"total_users\": 29,"));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(size_fixture, "index size: above half of the limit there is a warning, once", "[index][db]") {
    limit(size() + size() / 2);
    auto const u = nth_user(5);
    change_user(u.key, 1001);
    auto const first = one.run({});
    REQUIRE(first.large_indexes.size() == 1);
    CHECK(first.large_indexes[0].dataset == "users");
    CHECK(first.large_indexes[0].bytes == size());
    change_user(u.key, 1002);
    CHECK(one.run({}).large_indexes.empty());
    CHECK(told_of_users(one.run({.full = true}).large_indexes));
    limit(0);
    change_user(u.key, 1003);
    CHECK(one.run({}).large_indexes.empty());
    limit(size() + size() / 2);
    change_user(u.key, 1004);
    CHECK(one.run({}).large_indexes.size() == 1);
}

TEST_CASE_METHOD(test::export_fixture, "index size: a first export without room for its index publishes the rest",
                 "[index][db]") {
    auto c = config();
    c.index_max_size = 1000;
    auto const report = exporter{c}.run({});
    CHECK(users_of(report).index_refused);
    CHECK(users_of(report).index_bytes == 0);
    CHECK_FALSE(has("indexes/users.json"));
    CHECK(users_of(report).exported == 30);
    CHECK(contains(file("metadata.json"), "\"total_users\": 30,"));
}
