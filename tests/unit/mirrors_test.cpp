// What the files of mirrors mean, whoever wrote them.
#include "notes_export/mirrors.hpp"

#include "support/catch.hpp"
#include "support/temporary_directory.hpp"
#include "support/thrown_message.hpp"

#include <cerrno>
#include <fstream>
#include <sys/stat.h>

using namespace notes_export;
using namespace std::chrono_literals;
using test::contains;

namespace {

constexpr std::int64_t noon = 1'777'636'800; // 2026-05-01T12:00:00Z
constexpr std::chrono::sys_seconds now{std::chrono::seconds{noon}};

mirror_state up_to_date(std::string const& name = "github") {
    return {.name = name,
            .kind = "git",
            .url = "https://example.org/x.git",
            .generation = 42,
            .tree_generation = 42,
            .generation_time = noon - 600,
            .behind_since = 0,
            .written = noon - 20,
            .steps = 7,
            .errors = 0,
            .error = "",
            .error_kind = "",
            .error_since = 0,
            .ended = 0};
}

mirror_state behind_for(std::int64_t seconds) {
    auto s = up_to_date();
    s.tree_generation = 45;
    s.behind_since = noon - seconds;
    return s;
}

mirror_state failing() {
    auto s = behind_for(300);
    s.errors = 3;
    s.error = "push to https://example.org/x.git: no route to host";
    s.error_kind = "unreachable";
    s.error_since = noon - 240;
    return s;
}

mirror_view look(mirror_state const& s, std::uint64_t tree_generation = 42) {
    return look_at_mirror(s, tree_generation, now, "/t/.exportd/mirrors/github.json");
}

struct mirrors_fixture {
    test::temporary_directory root;
    std::filesystem::path const place = root / ".exportd/mirrors";
    mirrors_fixture() { std::filesystem::create_directories(place); }

    void put(std::string const& name, std::string const& text) const { std::ofstream{place / name} << text; }
    mirror_views read() const { return mirrors_of(root.path(), now); }
    std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (auto const& m : read().mirrors)
            found.push_back(m.said.name);
        return found;
    }
};

} // namespace

TEST_CASE("mirrors: one that has the newest generation is current, and has no lag", "[mirror]") {
    auto const m = look(up_to_date());
    CHECK(m.is == mirror_condition::current);
    CHECK(m.lag == 0s);
    CHECK(m.problem.empty());
    CHECK(m.running());
    CHECK_FALSE(m.bad());
}

TEST_CASE("mirrors: lag is how long the tree has had something newer, and counts as bad after an hour", "[mirror]") {
    auto const a_little = look(behind_for(3600));
    CHECK(a_little.is == mirror_condition::behind);
    CHECK(a_little.lag == 3600s);
    CHECK_FALSE(a_little.bad());
    auto const far = look(behind_for(3 * 3600 + 61));
    CHECK(far.is == mirror_condition::far_behind);
    CHECK(far.bad());
    CHECK(far.problem == "mirror github is behind since 2026-05-01T08:58:59Z, 3 h 1 min: it has generation 42 of 45 "
                         "(journalctl -u osm-notes-exportd-mirror@github tells what takes so long)");
}

TEST_CASE("mirrors: one whose clock is ahead of ours is behind all the same", "[mirror]") {
    CHECK(look(behind_for(-10)).lag == 1s);
}

TEST_CASE("mirrors: one that fails says since when, why, and where to look", "[mirror]") {
    auto const m = look(failing());
    CHECK(m.is == mirror_condition::failing);
    CHECK(m.lag == 300s);
    CHECK(m.bad());
    CHECK(m.problem == "mirror github fails since 2026-05-01T11:56:00Z: push to https://example.org/x.git: no route to "
                       "host (it is tried again by itself; journalctl -u osm-notes-exportd-mirror@github)");
}

TEST_CASE("mirrors: one whose last run was --once, and ended well, need not run", "[mirror]") {
    auto s = up_to_date();
    s.written = s.ended = noon - 12 * 3600;
    auto const m = look(s);
    CHECK(m.is == mirror_condition::current);
    CHECK(m.running());
    CHECK(m.lag == 0s);
    CHECK(m.problem.empty());

    auto const old = look(s, 43); // the timer did not start it since the tree moved on
    CHECK(old.is == mirror_condition::far_behind);
    CHECK(old.lag == 12h);
    CHECK(old.problem ==
          "mirror github is behind since 2026-05-01T00:00:00Z, 12 h 0 min: it has generation 42 of 43; its "
          "last run, with --once, ended at 2026-05-01T00:00:00Z: look at what starts it");
    s.written = s.ended = noon - 600;
    CHECK(look(s, 43).is == mirror_condition::behind);

    s.ended = 0; // the next run was killed, or failed
    CHECK(look(s).is == mirror_condition::not_running);
}

TEST_CASE("mirrors: a file that was not written for three minutes is of a mirror that does not run", "[mirror]") {
    auto s = up_to_date();
    s.written = noon - 180;
    CHECK(look(s).running());
    s.written = noon - 181;
    auto const m = look(s);
    CHECK_FALSE(m.running());
    CHECK(m.bad());
    CHECK(m.lag == 0s);
    CHECK(m.problem == "mirror github has not run since 2026-05-01T11:56:59Z: systemctl status "
                       "osm-notes-exportd-mirror@github; if it is not in the configuration any more, remove "
                       "/t/.exportd/mirrors/github.json");
    s.written = noon + 181; // the clock was ahead, and is not any more
    CHECK_FALSE(look(s).running());
    s.written = 0;
    CHECK(contains(look(s).problem, "has never run"));
}

TEST_CASE("mirrors: one that stopped is behind once the tree goes on, whatever it said last", "[mirror]") {
    auto s = up_to_date();
    s.written = noon - 7200;
    CHECK(look(s, 43).lag == 7200s);
    s.kind = "pull"; // follows another tree than this one
    CHECK(look(s, 43).lag == 0s);
    CHECK(look(up_to_date(), 43).is == mirror_condition::current); // it runs, and is about to see it
}

TEST_CASE("mirrors: the error of one that stopped is not forgotten", "[mirror]") {
    auto s = failing();
    s.written = noon - 3600;
    CHECK(contains(look(s).problem, "has not run since 2026-05-01T11:00:00Z; its last step failed: push to"));
}

TEST_CASE("mirrors: extreme times neither overflow nor mislead", "[mirror]") {
    for (std::int64_t const t : {std::int64_t{0}, std::int64_t{1}, std::int64_t{9'000'000'000}}) {
        auto s = failing();
        s.written = s.behind_since = s.error_since = s.generation_time = t;
        CHECK(look(s).bad());
        CHECK(look(s).lag >= 0s);
    }
}

TEST_CASE_METHOD(mirrors_fixture, "mirrors: a tree without any has none", "[mirror]") {
    CHECK(names().empty());
    std::filesystem::remove(place);
    CHECK(names().empty());
    CHECK(read().problems.empty());
    CHECK_FALSE(read().bad());
}

TEST_CASE_METHOD(mirrors_fixture, "mirrors: are read by name; what they work with is theirs", "[mirror]") {
    put("github.json", up_to_date().text());
    put("bucket.json", up_to_date("bucket").text());
    put(".bucket.json.1234", "half");
    put(".bucket.json", "half");
    put("bucket.json.new", "half");
    put("notes.txt", "mine");
    std::filesystem::create_directory(place / "github.git");
    std::filesystem::create_directory(place / "odd.json");
    CHECK(names() == std::vector<std::string>{"bucket", "github"});
    CHECK(read().problems.empty());
    CHECK_FALSE(read().bad());
}

TEST_CASE_METHOD(mirrors_fixture, "mirrors: files that are none are told, each in one line", "[mirror]") {
    put("empty.json", "");
    put("github.json", up_to_date("other").text());
    put("large.json", up_to_date("large").text() + std::string(64U << 10, ' '));
    put("secret.txt", up_to_date("link").text());
    std::filesystem::create_symlink("secret.txt", place / "link.json");
    REQUIRE(::mkfifo((place / "pipe.json").c_str(), 0600) == 0);
    put("good.json", up_to_date("good").text());
    CHECK(names() == std::vector<std::string>{"good"});
    auto const told = read().problems;
    REQUIRE(told.size() == 5);
    CHECK(told[0] == (place / "empty.json").string() +
                         " is no state of a mirror (its content is damaged): a mirror that runs writes it again within "
                         "a minute; else remove it");
    CHECK(contains(told[1], "another name, other"));
    for (std::size_t i = 2; i < 5; ++i)
        CHECK(contains(told[i], "no regular file of at most 64 KB"));
    CHECK(read().bad());
}

TEST_CASE_METHOD(mirrors_fixture, "mirrors: no more than 64 files are opened", "[mirror]") {
    for (int i = 0; i < 70; ++i) {
        auto const name = "m" + std::to_string(100 + i);
        put(name + ".json", up_to_date(name).text());
    }
    auto const found = read();
    CHECK(found.mirrors.size() == most_mirrors);
    CHECK(found.mirrors.back().said.name == "m163");
    REQUIRE(found.problems.size() == 1);
    CHECK(contains(found.problems[0], "more than 64 files of mirrors"));
}

TEST_CASE_METHOD(mirrors_fixture, "mirrors: a directory of them that is a link elsewhere is not entered", "[mirror]") {
    std::filesystem::rename(place, root / "elsewhere");
    std::filesystem::create_symlink(root / "elsewhere", place);
    std::ofstream{root / "elsewhere" / "github.json"} << up_to_date().text();
    auto const found = read();
    CHECK(found.mirrors.empty());
    REQUIRE(found.problems.size() == 1);
    CHECK(contains(found.problems[0], "no directory is in its place") + contains(found.problems[0], "symbolic link") >
          0);
}

TEST_CASE("mirrors: a tree that is not there is a problem, and no exception", "[mirror]") {
    CHECK(mirrors_of("/nowhere/at/all", now).problems.size() == 1);
}
