// Shards that are switched on and off, alone, with twins: a tree has what the configuration says, and no more.
#include "support/catch.hpp"

#include "support/parsed_json.hpp"
#include "support/shards_fixture.hpp"

#include <algorithm>
#include <fstream>

namespace test {

TEST_CASE_METHOD(shards_fixture, "shards: switched on and off again, a tree has them, and then none", "[shards][db]") {
    feed_follower copy;
    run();
    copy.follow(tree());
    CHECK(shards().empty());
    auto const whole_index = file(index_path);
    exporter{with_shards()}.run({});
    CHECK(shards().size() > 30);
    std::ofstream{tree() / "indexes/users/README.md"} << "of somebody else\n";
    auto const off = exporter{config()}.run({});
    CHECK(off.reason == "kinds of index files changed");
    CHECK(users_of(off).shards_removed > 30);
    CHECK(shards().empty());
    CHECK(has("indexes/users/README.md"));
    CHECK(file(index_path) == whole_index);
    CHECK(verify().clean());
    CHECK(run().reason == "nothing pending");
    CHECK(copy.follow(tree()).empty());
    CHECK(copy.whole_copies == 1);
    std::filesystem::remove(tree() / "indexes/users/README.md");
    CHECK(copy.copy == feed_follower::public_files(tree()));
}

TEST_CASE_METHOD(shards_fixture, "shards: files that look like them are others' in a tree that was never given any",
                 "[shards][db]") {
    run();
    std::filesystem::create_directories(tree() / "indexes/users");
    std::ofstream{tree() / top_path} << "of somebody else\n";
    run(true);
    CHECK(file(top_path) == "of somebody else\n");
    CHECK(verify().clean());
}

TEST_CASE_METHOD(shards_fixture, "shards: another number of first entries makes top.json anew", "[shards][db]") {
    exporter{with_shards()}.run({});
    auto c = with_shards();
    c.datasets.front().shards.top = 2;
    CHECK(exporter{c}.run({}).mode == cycle_mode::full);
    auto const top = file(top_path);
    CHECK(std::count(top.begin(), top.end(), '{') == 2);
    CHECK(notes_export::verify(c).clean());
}

TEST_CASE_METHOD(shards_fixture, "shards: they can be without the index as a whole", "[shards][db]") {
    exporter{with_shards()}.run({});
    auto const before = shards();
    one.emplace(without_index()).run({});
    CHECK_FALSE(has(index_path));
    CHECK(shards() == before);
    CHECK(notes_export::verify(without_index()).clean());
    auto const top = file(top_path);
    std::ofstream{tree() / top_path} << "damaged\n";
    std::ofstream{tree() / index_path} << "left over\n";
    CHECK(notes_export::verify(without_index()).differences == 1); // the index is somebody else's by now
    std::filesystem::remove(tree() / index_path);
    std::ofstream{tree() / top_path} << top;
    CHECK(notes_export::verify(without_index()).clean());
    auto const unchanged = files();
    change_user(nth_user(3).key, 1'000'000);
    rename(nth_user(7), "Somebody");
    add_user(40'000'001, "'zqzq'");
    remove(nth_user(9));
    auto const report = one->run({});
    CHECK(users_of(report).index_merged);
    CHECK(users_of(report).published == 30);
    CHECK(users_of(report).index_bytes == 0);
    CHECK_FALSE(has(index_path));
    CHECK(lists(names_path("zqzq"), "zqzq", 40'000'001));
    CHECK(live() == fresh(without_index()));
    run();
    CHECK(has(index_path));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(shards_fixture, "shards: they have twins as other files do", "[shards][twins][db]") {
    auto c = with_shards();
    c.twins.kinds.add(compression::gzip);
    one.emplace(c).run({});
    for (auto const& path : shards())
        CHECK(has(path + ".gz"));
    rename(nth_user(3), "zqzq");
    one->run({});
    CHECK(has(where().of({U'z', U'q'}) + ".gz"));
    rename(nth_user(3), "other");
    one->run({});
    CHECK_FALSE(has(where().of({U'z', U'q'}) + ".gz"));
    CHECK(notes_export::verify(c).clean());
    std::filesystem::remove(tree() / (top_path + ".gz"));
    CHECK_FALSE(notes_export::verify(c).clean());
    one->run({.full = true});
    CHECK(notes_export::verify(c).clean());
    CHECK(live() == fresh(c));
    auto off = c;
    off.datasets.front().shards.make = false;
    one.reset();
    exporter{off}.run({});
    for (auto const& [path, unused] : files())
        CHECK_FALSE(path.starts_with("indexes/users/"));
    CHECK(notes_export::verify(off).clean());
}

} // namespace test
