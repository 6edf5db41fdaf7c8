// The lists of several generations as one step.
#include "mirror/waiting_changes.hpp"

#include "mirror/error.hpp"
#include "support/catch.hpp"
#include "support/process_figures.hpp"

#include <map>
#include <unistd.h>

using namespace notes_export;
using namespace notes_export::mirror;

namespace {

struct feed_of_lists {
    std::map<std::uint64_t, change_list> lists;
    std::uint64_t newest = 0;

    change_list& add(std::vector<std::string> const& changed, std::vector<std::string> const& removed = {}) {
        change_list list{.generation = ++newest,
                         .previous = newest - 1,
                         .export_date = "2026-05-01T12:00:00Z",
                         .version = "1.0.0",
                         .complete = true,
                         .reason = {},
                         .changed = {},
                         .removed = removed};
        for (auto const& path : changed)
            list.changed.push_back({path, newest, {}}); // the size tells which list it is from
        return lists[newest] = list;
    }
    change_set from(cursor const& target, std::size_t at_most = most_listed_files) const {
        return waiting_changes(
            target, {newest, 1, "2026-05-01T12:00:00Z"}, published_paths{{}},
            [&](std::uint64_t g) { return lists.contains(g) ? std::optional{lists.at(g)} : std::nullopt; }, at_most);
    }
};

std::vector<std::string> paths(std::vector<listed_file> const& files) {
    std::vector<std::string> all;
    for (auto const& f : files)
        all.push_back(f.path);
    return all;
}

std::string user(int id) {
    return entity_path{"users/{h1}/{h2}/{h3}/{id}.json"}.of(id);
}

using names = std::vector<std::string>;

} // namespace

TEST_CASE("waiting changes: a damaged list is told, and everything compared", "[mirror]") {
    feed_of_lists feed;
    for (int i = 0; i < 4; ++i)
        feed.add({"metadata.json"});
    for (std::uint64_t const damaged : {2U, 3U, 4U}) {
        auto const set = waiting_changes(1, {4, 2, ""}, published_paths{{}}, [&](std::uint64_t g) {
            if (g == damaged)
                throw damaged_list{"there/x.json", "it is cut"};
            return std::optional{feed.lists.at(g)};
        });
        CHECK(set.everything);
        CHECK(set.to == 4);
        CHECK(set.reason == "the change list there/x.json is damaged: it is cut");
        REQUIRE(set.warnings.size() == 1);
        CHECK(set.warnings.front().starts_with(set.reason + "; its publisher must mend the feed"));
    }
}

TEST_CASE("waiting changes: nothing waits", "[mirror]") {
    feed_of_lists feed;
    feed.add({"metadata.json"});
    auto const set = feed.from(1);
    CHECK_FALSE(set.everything);
    CHECK(set.changed.empty());
    CHECK(set.from == 1);
    CHECK(set.to == 1);
}

TEST_CASE("waiting changes: the newest list has the last word on a path", "[mirror]") {
    feed_of_lists feed;
    feed.add({"metadata.json"});
    feed.add({user(1), user(2), "metadata.json"});
    feed.add({user(3), "metadata.json"}, {user(1)});
    feed.add({user(1), "metadata.json"}, {user(2)});
    feed.add({"metadata.json"}, {user(3)});
    auto const set = feed.from(1);
    CHECK(paths(set.changed) == names{user(1), "metadata.json"});
    CHECK(set.changed.at(0).size == 4);
    CHECK(set.removed == names{user(2), user(3)});
    CHECK(set.version == "1.0.0");
    CHECK(set.to == 5);
    CHECK(feed.from(4).removed == names{user(3)});
}

TEST_CASE("waiting changes: in the order of publication", "[mirror]") {
    feed_of_lists feed;
    feed.add({"metadata.json"});
    feed.add({"countries/7.json", "indexes/users.json", "global_stats.json", "metadata.json"});
    feed.add({user(9), "indexes/countries.json", "metadata.json"});
    CHECK(paths(feed.from(1).changed) == names{"countries/7.json", user(9), "indexes/countries.json",
                                               "indexes/users.json", "global_stats.json", "metadata.json"});
}

TEST_CASE("waiting changes: everything is compared where lists do not tell", "[mirror]") {
    feed_of_lists feed;
    for (int i = 0; i < 5; ++i)
        feed.add({user(i + 1), "metadata.json"});
    SECTION("nothing of ours is there") {
        CHECK(feed.from(0).everything);
    }
    SECTION("one of them is not complete") {
        feed.lists.at(3).complete = false;
        feed.lists.at(3).reason = "taken over";
        CHECK(feed.from(1).reason == "what changed in generation 3 is not listed: taken over");
        CHECK_FALSE(feed.from(3).everything);
    }
    SECTION("one of them is not kept any more") {
        feed.lists.erase(2);
        CHECK(feed.from(1).reason.find("generation 2 is not kept") != std::string::npos);
        CHECK_FALSE(feed.from(2).everything);
    }
    SECTION("the target has a generation that the tree never had") {
        CHECK(feed.from(6).reason.find("restored or replaced") != std::string::npos);
    }
    SECTION("numbers were left out, and the target has one of those") {
        feed.lists.at(4).previous = 2;
        CHECK(feed.from(3).reason == "no change list begins at generation 3");
        CHECK_FALSE(feed.from(2).everything);
    }
    SECTION("a list says that it follows itself") {
        feed.lists.at(4).previous = 4;
        CHECK(feed.from(1).everything);
    }
    SECTION("there are too many") {
        CHECK(feed.from(1, 4).everything); // four users and metadata.json
        CHECK_FALSE(feed.from(1, 5).everything);
    }
    auto const set = feed.from(0);
    CHECK(set.changed.empty());
    CHECK(set.removed.empty());
}

TEST_CASE("waiting changes: a number of another past is not trusted", "[mirror]") {
    feed_of_lists feed;
    for (int i = 0; i < 4; ++i)
        feed.add({user(1), "metadata.json"});
    cursor const ours{2, "2026-05-01T12:00:00Z"};
    cursor const other{2, "2026-04-30T12:00:00Z"};
    CHECK_FALSE(feed.from(ours).everything);
    CHECK(feed.from(other).everything);
    CHECK(feed.from(other).reason == "the target's generation 2 is of 2026-04-30T12:00:00Z, the tree's is not: it was"
                                     " restored or replaced");
    CHECK(feed.from({4, "2026-04-30T12:00:00Z"}).everything);
    CHECK_FALSE(feed.from({2}).everything); // a date that is not known proves nothing
    feed.lists.erase(2);
    CHECK_FALSE(feed.from({2}).everything);
    CHECK(feed.from(ours).everything); // perhaps it is another one's
    CHECK(feed.from(other).reason == "nothing tells any more whether the target's generation 2 is of this tree");
    feed_state const tree{4, 1, "2026-05-01T12:00:00Z"};
    CHECK(has_another_past({4, "2026-04-30T12:00:00Z"}, tree));
    CHECK_FALSE(has_another_past({4, "2026-05-01T12:00:00Z"}, tree));
    CHECK_FALSE(has_another_past({4}, tree));
    CHECK_FALSE(has_another_past(other, tree));
}

TEST_CASE("waiting changes: a path that is not the exporter's is refused", "[mirror]") {
    for (std::string const path :
         {"README.md", "../users/0/0/1/1.json", "users/0/0/1/2.json", ".exportd/lock", "/etc/x"}) {
        INFO(path);
        feed_of_lists feed;
        feed.add({"metadata.json"});
        feed.add({path});
        CHECK_THROWS_AS(feed.from(1), source_error);
        feed.add({"metadata.json"}, {path});
        CHECK_THROWS_AS(feed.from(2), source_error);
    }
}

TEST_CASE("waiting changes: half a million paths take little memory", "[mirror]") {
    constexpr int lists = 50;
    constexpr int each = 10'000;
    auto const before = test::peak_resident_kb(::getpid()).value();
    auto const set = waiting_changes(1, {lists + 1, 1, ""}, published_paths{{}}, [&](std::uint64_t g) {
        change_list list{.generation = g,
                         .previous = g - 1,
                         .export_date = {},
                         .version = {},
                         .complete = true,
                         .reason = {},
                         .changed = {},
                         .removed = {}};
        for (int i = 0; i < each; ++i)
            list.changed.push_back({user(static_cast<int>(g) * each + i), 1, {}});
        return std::optional{std::move(list)};
    });
    CHECK(set.everything);
    if (test::frees_memory_at_once)
        CHECK(test::peak_resident_kb(::getpid()).value() - before < std::size_t{48} << 10);
}
