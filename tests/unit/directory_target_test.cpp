// A copy of a tree in a directory: what a step does to it, and what stays.
#include "mirror/error.hpp"
#include "notes_export/error.hpp"
#include "support/applied_step.hpp"
#include "support/catch.hpp"
#include "support/mirrored_directory.hpp"
#include "support/thrown_message.hpp"

#include <sys/file.h>

using namespace notes_export;
using namespace notes_export::mirror;
using test::mirrored;
using test::user;
namespace fs = std::filesystem;

namespace {

unsigned mode_of(fs::path const& path) {
    return static_cast<unsigned>(fs::status(path).permissions()) & 07777U;
}

} // namespace

TEST_CASE_METHOD(mirrored, "directory target: an empty one becomes the tree", "[mirror]") {
    publish_first();
    CHECK(target.generation({}) == 0);
    auto const done = step();
    CHECK(done.generation == 1);
    CHECK(done.written == 8);
    CHECK(equal());
    CHECK(target.generation({}) == 1);
    CHECK(mode_of(copy() / user(1)) == 0644);
    CHECK(mode_of((copy() / user(1)).parent_path()) == 0755);
    CHECK(mode_of(copy() / ".exportd-mirror") == 0700);
    CHECK(target.verify(source, 10, {}).empty());
}

TEST_CASE_METHOD(mirrored, "directory target: a step writes what changed, and nothing else is touched", "[mirror]") {
    publish_first();
    step();
    auto const before = test::identity(copy() / user(1));
    tree.put(user(2), "another user 2");
    tree.put(user(6), "user 6");
    tree.remove(user(3));
    tree.publish();
    auto const done = step();
    CHECK(done.written == 3); // with metadata.json
    CHECK(done.removed == 1);
    CHECK(done.bytes > 0);
    CHECK(std::set<std::string>{done.changed_now.begin(), done.changed_now.end()} ==
          std::set<std::string>{user(2), user(3), user(6), "metadata.json"});
    CHECK(equal());
    CHECK(test::identity(copy() / user(1)) == before);
    CHECK(fs::exists((copy() / user(3)).parent_path())); // empty directories are left
}

TEST_CASE_METHOD(mirrored, "directory target: generations that wait are one step", "[mirror]") {
    publish_first();
    step();
    for (int i = 0; i < 10; ++i) {
        tree.put(user(1), "version " + std::to_string(i));
        tree.put(user(100 + i), "new");
        if (i % 2 == 1)
            tree.remove(user(99 + i));
        tree.publish();
    }
    auto const set = waiting();
    CHECK_FALSE(set.everything);
    CHECK(test::applied(target, set, source).generation == 11);
    CHECK(equal());
}

TEST_CASE_METHOD(mirrored, "directory target: what is equal already is left, also when everything is compared",
                 "[mirror]") {
    publish_first();
    step();
    fs::remove(copy() / "metadata.json");
    std::ofstream{copy() / user(4)} << "changed 4";
    std::ofstream{copy() / user(5)} << "user X"; // same size
    fs::create_directories((copy() / user(77)).parent_path());
    std::ofstream{copy() / user(77)} << "nobody";
    auto const before = test::identity(copy() / user(1));
    auto const set = waiting();
    CHECK(set.everything);
    auto const done = test::applied(target, set, source);
    CHECK(done.written == 3);
    CHECK(done.removed == 1);
    CHECK(equal());
    CHECK(test::identity(copy() / user(1)) == before);
}

TEST_CASE_METHOD(mirrored, "directory target: files of others stay, and are no difference", "[mirror]") {
    publish_first();
    for (std::string const path :
         {"README.md", "users/README.md", "countries/README.md", ".git/config", "users/0/0/1/1.json~"}) {
        fs::create_directories((copy() / path).parent_path());
        std::ofstream{copy() / path} << "theirs";
    }
    step();
    tree.remove(user(1));
    tree.publish(false);
    step();
    for (auto const* const path :
         {"README.md", "users/README.md", "countries/README.md", ".git/config", "users/0/0/1/1.json~"})
        CHECK(test::read_file(copy() / path) == "theirs");
    CHECK_FALSE(fs::exists(copy() / user(1)));
    CHECK(target.verify(source, 10, {}).empty());
}

TEST_CASE_METHOD(mirrored, "directory target: verify names what differs, and changes nothing", "[mirror]") {
    publish_first();
    step();
    std::ofstream{copy() / user(1)} << "longer than before";
    std::ofstream{copy() / user(2)} << "user X";
    fs::remove(copy() / user(3));
    std::ofstream{copy() / "countries.json"} << "theirs";
    fs::create_directories(copy() / "countries");
    std::ofstream{copy() / "countries/9.json"} << "nobody";
    std::map<std::string, std::string> found;
    for (auto const& d : target.verify(source, 10, {}))
        found[d.path] = d.what;
    CHECK(found == std::map<std::string, std::string>{{user(1), "differs"},
                                                      {user(2), "differs"},
                                                      {user(3), "missing"},
                                                      {"countries/9.json", "not in the tree"}});
    CHECK(target.verify(source, 2, {}).size() == 2);
    CHECK(test::read_file(copy() / user(2)) == "user X");
}

TEST_CASE_METHOD(mirrored, "directory target: a tree that moved on is told, and metadata.json is not written",
                 "[mirror]") {
    publish_first();
    step();
    tree.put(user(1), "next");
    tree.publish();
    auto const set = waiting();
    tree.put(user(1), "after next");
    tree.publish();
    CHECK_THROWS_AS(test::applied(target, set, source), source_error);
    CHECK(target.generation({}) == 1);
    CHECK(step().generation == 3);
    CHECK(equal());
}

TEST_CASE_METHOD(mirrored, "directory target: a file that its change list does not name is told from a tree that moves",
                 "[mirror]") {
    publish_first();
    step();
    tree.put(user(1), "next");
    tree.publish();
    std::ofstream{tree.root() / user(1)} << "damaged";
    CHECK(failure().starts_with("differs"));
    fs::remove(tree.root() / user(1));
    CHECK(failure().starts_with("missing"));
    std::ofstream{tree.root() / ".exportd/changes/ahead"} << "a publication that was begun";
    CHECK(failure().starts_with("moved"));
    CHECK(target.generation({}) == 1);
}

TEST_CASE_METHOD(mirrored, "directory target: what is published while everything is compared is added", "[mirror]") {
    struct busy_source : directory_source {
        using directory_source::directory_source;
        test::published_tree* tree = nullptr;
        int reads = 0;
        bool read(std::string const& path, take_bytes const& take, std::stop_token const& stop) override {
            if (++reads == 4) {
                tree->put(user(1), "again");
                tree->put(user(50), "new");
                tree->remove(user(5));
                tree->publish();
            }
            return directory_source::read(path, take, stop);
        }
    };
    publish_first();
    busy_source busy{place / "tree", ours};
    busy.tree = &tree;
    CHECK(test::applied(target, waiting(), busy).generation == 2);
    CHECK(equal());
}

TEST_CASE_METHOD(mirrored, "directory target: what is in the way is named, and nothing of it is lost", "[mirror]") {
    publish_first();
    SECTION("a directory in the place of a file") {
        fs::create_directories(copy() / user(1));
        CHECK(failure().starts_with("in_the_way: "));
        CHECK(test::contains(failure(), (copy() / user(1)).string()));
        fs::remove(copy() / user(1));
    }
    SECTION("a link in the place of a directory") {
        fs::create_directory(place / "elsewhere");
        fs::create_directory_symlink(place / "elsewhere", copy() / "users");
        CHECK(failure().starts_with("in_the_way: "));
        CHECK(test::contains(failure(), (copy() / "users").string()));
        CHECK(fs::is_empty(place / "elsewhere"));
        fs::remove(copy() / "users");
    }
    SECTION("a file in the place of a directory") {
        std::ofstream{copy() / "users"} << "theirs";
        CHECK(failure().starts_with("in_the_way: "));
        CHECK(test::read_file(copy() / "users") == "theirs");
        fs::remove(copy() / "users");
    }
    SECTION("a link in the place of the directory for new files") {
        fs::create_directory(place / "elsewhere");
        fs::create_directory_symlink(place / "elsewhere", copy() / ".exportd-mirror");
        CHECK(failure().starts_with("in_the_way: "));
        CHECK(fs::is_empty(place / "elsewhere"));
        fs::remove(copy() / ".exportd-mirror");
    }
    SECTION("a link in the place of a file is replaced, not followed") {
        std::ofstream{place / "victim"} << "mine";
        fs::create_directories((copy() / user(1)).parent_path());
        fs::create_symlink(place / "victim", copy() / user(1));
    }
    CHECK(failure().empty());
    CHECK(equal());
    if (fs::exists(place / "victim"))
        CHECK(test::read_file(place / "victim") == "mine");
}

TEST_CASE_METHOD(mirrored, "directory target: it is not made where it is missing", "[mirror]") {
    publish_first();
    fs::remove_all(copy());
    CHECK_THROWS_AS(target.generation({}), mirror_error);
    CHECK(failure().starts_with("missing: "));
    CHECK_FALSE(fs::exists(copy()));
}

TEST_CASE_METHOD(mirrored, "directory target: one mirror at a time", "[mirror]") {
    publish_first();
    target_directory const other{copy()};
    CHECK(failure().starts_with("locked: "));
}

TEST_CASE_METHOD(mirrored, "directory target: what a kill left is cleared", "[mirror]") {
    publish_first();
    fs::create_directories(copy() / ".exportd-mirror/new");
    std::ofstream{copy() / ".exportd-mirror/new/0"} << "half";
    step();
    CHECK(equal());
    CHECK(fs::is_empty(copy() / ".exportd-mirror/new"));
}

TEST_CASE_METHOD(mirrored, "directory target: removals that a kill cut short are done by the next step", "[mirror]") {
    publish_first();
    step();
    tree.remove(user(1));
    tree.publish();
    step();
    std::ofstream{copy() / user(1)} << "user 1";
    std::string const note = GENERATE("1\n", "0\n", "", "nonsense", "99\n");
    std::ofstream{copy() / ".exportd-mirror/unfinished"} << note;
    CHECK(target.generation({}) == (note == "1\n" ? 1U : note == "99\n" ? 2U : 0U));
    if (note != "99\n") {
        step();
        CHECK(equal());
        CHECK_FALSE(fs::exists(copy() / ".exportd-mirror/unfinished"));
    }
}

TEST_CASE_METHOD(mirrored, "directory target: a stop request ends a step, and the next one goes on", "[mirror]") {
    publish_first();
    std::stop_source stop;
    stop.request_stop();
    CHECK_THROWS_AS(test::applied(target, waiting(), source, stop.get_token()), cancelled);
    CHECK(target.generation({}) == 0);
    step();
    CHECK(equal());
}

TEST_CASE_METHOD(mirrored, "directory source: holds the tree still, and says who else does", "[mirror]") {
    publish_first();
    auto const held = source.keep_still({});
    int const other = ::open((tree.root() / ".exportd/publishing").c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(other >= 0);
    CHECK(::flock(other, LOCK_EX | LOCK_NB) != 0);
    ::close(other);
}

TEST_CASE_METHOD(mirrored, "directory source: links in the tree are not followed", "[mirror]") {
    publish_first();
    std::ofstream{place / "secret"} << "secret";
    fs::remove(tree.root() / user(1));
    fs::create_symlink(place / "secret", tree.root() / user(1));
    std::string text;
    CHECK_FALSE(source.read(user(1), [&](std::string_view piece) { text += piece; }, {}));
    CHECK(text.empty());
    step();
    CHECK_FALSE(fs::exists(copy() / user(1)));
}

TEST_CASE_METHOD(mirrored, "directory source: nothing is published yet", "[mirror]") {
    CHECK_FALSE(source.state({}));
    fs::remove_all(tree.root());
    CHECK_THROWS_AS(source.state({}), source_error);
}
