// The change feed: whoever follows it has what is in the tree, at every generation.
#include "support/catch.hpp"

#include "support/feed_follower.hpp"
#include "support/third_dataset.hpp"
#include "support/thrown_message.hpp"

#include <algorithm>
#include <random>
#include <sys/stat.h>

using namespace notes_export;
namespace fs = std::filesystem;

namespace {

struct feed_fixture : test::export_fixture {
    export_config settings = config();
    test::feed_follower follower;

    cycle_report cycle(bool full = false) { return exporter{settings}.run({.full = full}); }
    /// The follower has what is in the tree, by the list alone.
    void follows() {
        auto const whole = follower.whole_copies;
        must_follow();
        CHECK(follower.whole_copies == whole);
    }
    void begins_anew(std::string const& reason) {
        must_follow();
        INFO(follower.last_reason);
        CHECK(test::contains(follower.last_reason, reason));
    }
    change_list newest() const {
        notes_export::file const directory{::open(tree().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
        feed::reader const feed{directory.fd(), tree()};
        return feed.list(feed.state().value().generation).value();
    }
    std::vector<std::string> changed() const {
        std::vector<std::string> paths;
        for (auto const& f : newest().changed)
            paths.push_back(f.path);
        return paths;
    }
    std::int64_t generation() { return db.number("SELECT generation FROM dwh.json_export_state"); }
    mode_t mode(std::string const& path) const {
        struct stat info {};
        REQUIRE(::stat((tree() / path).c_str(), &info) == 0);
        return info.st_mode & 07777;
    }

private:
    void must_follow() {
        CHECK(follower.follow(tree()).empty());
        CHECK(test::differences(follower.copy, test::feed_follower::public_files(tree())) ==
              std::vector<std::string>{});
    }
};

} // namespace

TEST_CASE_METHOD(feed_fixture, "feed: a first export cannot be listed, what follows can", "[feed][db]") {
    cycle();
    begins_anew("before generation 1 there is nothing, so that every file is new");
    CHECK_FALSE(newest().complete);
    CHECK(newest().reason == "first export");
    CHECK(newest().previous == 0);
    auto const u = nth_user(3);
    change_user(u.key, 4711);
    cycle();
    CHECK(newest().complete);
    CHECK(changed() == std::vector<std::string>{u.path, "indexes/users.json", "metadata.json"});
    follows();
    CHECK(mode(".exportd/changes") == 0750);
    CHECK(mode(".exportd/changes/state.json") == 0640);
}

TEST_CASE_METHOD(feed_fixture, "feed: a removed entity is listed as removed", "[feed][db]") {
    cycle();
    follower.follow(tree());
    auto const u = nth_user(9);
    db.exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + std::to_string(u.key));
    cycle();
    CHECK(newest().removed == std::vector{u.path});
    follows();
}

TEST_CASE_METHOD(feed_fixture, "feed: a cycle that publishes nothing makes no list", "[feed][db]") {
    cycle();
    auto const before = generation();
    cycle();
    CHECK(newest().generation == static_cast<std::uint64_t>(before));
}

TEST_CASE_METHOD(feed_fixture, "feed: batches, the version file and every dataset are in one list", "[feed][db]") {
    settings.batch_size = 1;
    cycle();
    follower.follow(tree());
    db.exec("ALTER TABLE dwh.datamartcountries ADD COLUMN history_2027_open integer DEFAULT 5");
    change_user(nth_user(3).key, 4711);
    change_user(nth_user(4).key, 4711);
    cycle();
    auto const paths = changed();
    CHECK(std::ranges::count(paths, ".json_export_version") == 1);
    CHECK(std::ranges::count_if(paths, [](auto const& p) { return p.starts_with("countries/"); }) == 6);
    CHECK(paths.back() == "metadata.json");
    follows();
}

TEST_CASE_METHOD(feed_fixture, "feed: a version file that was edited is listed", "[feed][db]") {
    cycle();
    follower.follow(tree());
    std::ofstream{tree() / ".json_export_version"} << "3.1.4\n";
    cycle();
    CHECK(changed() == std::vector<std::string>{".json_export_version", "metadata.json"});
    follows();
}

TEST_CASE_METHOD(feed_fixture, "feed: a restored tree begins anew, above every number", "[feed][db]") {
    cycle();
    fs::copy(tree(), root / "backup", fs::copy_options::recursive);
    for (int i = 0; i < 3; ++i) {
        change_user(nth_user(3).key, 4711 + i);
        cycle();
    }
    follower.follow(tree());
    auto const before = follower.at;
    fs::remove_all(tree());
    fs::copy(root / "backup", tree(), fs::copy_options::recursive);
    db.exec("UPDATE dwh.json_export_state SET generation = 1"); // and so was the database
    fs::copy(root / "backup/metadata.json", tree() / "metadata.json", fs::copy_options::overwrite_existing);
    cycle(true);
    CHECK(follower.follow(tree()).empty());
    CHECK(before == 4);
    db.exec("UPDATE dwh.json_export_state SET generation = 40");
    cycle();
    begins_anew("41");
    CHECK(test::contains(newest().reason, "restored or replaced"));
    CHECK(follower.at == 41);
}

TEST_CASE_METHOD(feed_fixture, "feed: an older metadata.json beside a newer feed begins anew above it", "[feed][db]") {
    cycle();
    auto const old = file("metadata.json");
    change_user(nth_user(3).key, 4711);
    cycle();
    change_user(nth_user(3).key, 4712);
    cycle();
    follower.follow(tree());
    db.exec("UPDATE dwh.json_export_state SET generation = 1");
    std::ofstream{tree() / "metadata.json"} << old;
    change_user(nth_user(4).key, 4711);
    cycle();
    CHECK(newest().generation == 4);
    begins_anew("restored");
    change_user(nth_user(4).key, 4712);
    cycle();
    follows();
}

TEST_CASE_METHOD(feed_fixture, "feed: a tree without a feed is taken over", "[feed][db]") {
    cycle();
    fs::remove_all(tree() / ".exportd/changes");
    cycle();
    begins_anew("before generation 1 there is nothing, so that every file is new");
    CHECK_FALSE(newest().complete);
    CHECK(newest().previous == 1);
    change_user(nth_user(4).key, 4712);
    cycle();
    follows();
}

TEST_CASE_METHOD(feed_fixture, "feed: a missing state.json is made anew", "[feed][db]") {
    cycle();
    change_user(nth_user(4).key, 4711);
    cycle();
    follower.follow(tree());
    fs::remove(tree() / ".exportd/changes/state.json");
    cycle();
    change_user(nth_user(4).key, 4712);
    cycle();
    follows();
}

TEST_CASE_METHOD(feed_fixture, "feed: switching publish begins it anew in one place only", "[feed][db]") {
    cycle();
    follower.follow(tree());
    for (bool const publish : {true, false}) {
        settings.feed.publish = publish;
        cycle();
        begins_anew("moved");
        CHECK(has("changes/state.json") == publish);
        CHECK(has("changes") == publish);
        CHECK(has(".exportd/changes/state.json") != publish);
        change_user(nth_user(4).key, publish ? 4712 : 4713);
        cycle();
        follows();
        if (publish)
            CHECK(mode("changes/state.json") == 0644);
    }
}

TEST_CASE_METHOD(feed_fixture, "feed: without retention there is none", "[feed][db]") {
    cycle();
    settings.feed.retention = {};
    cycle();
    CHECK_FALSE(has(".exportd/changes/state.json"));
    change_user(nth_user(4).key, 4712);
    cycle();
    CHECK_FALSE(has(".exportd/changes/000"));
    settings.feed.retention = std::chrono::hours{168};
    cycle();
    CHECK_FALSE(newest().complete);
}

TEST_CASE_METHOD(feed_fixture, "feed: older lists than its retention go", "[feed][db]") {
    cycle();
    for (int i = 0; i < 4; ++i) {
        change_user(nth_user(3).key, 4711 + i);
        cycle();
    }
    auto const old = fs::file_time_type::clock::now() - std::chrono::hours{169};
    for (int g = 1; g <= 3; ++g)
        fs::last_write_time(tree() / (".exportd/changes/000/000/00" + std::to_string(g) + ".json"), old);
    change_user(nth_user(3).key, 1);
    cycle();
    CHECK_FALSE(has(".exportd/changes/000/000/003.json"));
    CHECK(has(".exportd/changes/000/000/004.json"));
    follower.at = 3;
    follower.follow(tree());
    CHECK(follower.whole_copies == 0);
    follower.at = 2;
    follower.follow(tree());
    CHECK(test::contains(follower.last_reason, "reaches back to generation 4"));
}

TEST_CASE_METHOD(test::third_dataset_fixture, "feed: a dataset of the configuration is listed like all", "[feed][db]") {
    test::feed_follower follower;
    exporter{settings}.run({});
    follower.follow(tree());
    use(3, 7777);
    exporter{settings}.run({});
    CHECK(follower.follow(tree()).empty());
    CHECK(follower.whole_copies == 1);
    CHECK(test::differences(follower.copy, test::contents_of(tree())) == std::vector<std::string>{});
}

TEST_CASE_METHOD(feed_fixture, "feed: each generation of a random run is the one before and its list", "[feed][db]") {
    std::mt19937 random{4711};
    auto const any = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
    exporter one{settings};
    one.run({});
    follower.follow(tree());
    for (int round = 0; round < 30; ++round) {
        for (int n = any(4); n >= 0; --n)
            change_user(nth_user(any(20)).key, any(10'000));
        if (any(6) == 0)
            db.exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + std::to_string(nth_user(any(20)).key));
        bool const damaged = any(6) == 0;
        if (damaged) // by others: a full export mends it
            fs::remove(tree() / nth_user(any(20)).path);
        if (any(8) == 0)
            db.exec("UPDATE dwh.datamartglobal SET currently_open_count = " + std::to_string(any(1000)));
        one.run({.full = damaged || any(5) == 0});
        if (any(3) > 0)
            follows();
    }
    one.run({.full = true});
    follows();
}
