// The command mirror on real directories: what it follows is written as an exporter writes it, so that no database is
// needed.
#include "support/catch.hpp"

#include "notes_export/mirrors.hpp"
#include "setup/program.hpp"
#include "support/daemon_process.hpp"
#include "support/mirror_fixture.hpp"
#include "support/thrown_message.hpp"

#include <csignal>
#include <random>

namespace test {

namespace fs = std::filesystem;

TEST_CASE_METHOD(mirror_fixture, "mirror command: one step, then nothing differs", "[mirror]") {
    publish_first();
    auto const first = run({"--once"});
    CHECK(first.status == 0);
    CHECK(contains(first.errors, "mirror_step"));
    CHECK(equal());
    CHECK(run({"--verify"}).status == 0);
    std::ofstream{copy / user(3)} << "other";
    fs::remove(copy / user(4));
    auto const compared = run({"--verify"});
    CHECK(compared.status == 1);
    CHECK(compared.output == user(3) + ": differs\n" + user(4) + ": missing\n");
    fs::remove(copy / "metadata.json");
    CHECK(once() == 0);
    CHECK(equal());
    CHECK(state()->generation == 1);
    CHECK(state()->steps == 1);
    CHECK(state()->kind == "directory");
}

TEST_CASE_METHOD(mirror_fixture, "mirror command: one that is run by a timer is not missed in between", "[mirror]") {
    publish_first();
    auto const later =
        std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + std::chrono::hours{6};
    auto const seen = [&] { return notes_export::mirrors_of(tree.root(), later).mirrors.at(0); };
    using notes_export::mirror_condition;
    CHECK(once() == 0);
    CHECK(state()->ended > 0);
    CHECK(seen().is == mirror_condition::current);
    CHECK(once() == 0); // nothing to do, and yet a run
    CHECK(seen().is == mirror_condition::current);
    publish_change(1);
    CHECK(seen().is == mirror_condition::far_behind);
    CHECK(once() == 0);
    CHECK(seen().is == mirror_condition::current);
    fs::rename(copy, root / "elsewhere");
    CHECK(once() == 3);
    CHECK(state()->ended == 0);
    CHECK(seen().is == mirror_condition::not_running);
    fs::rename(root / "elsewhere", copy);
    {
        auto following = start();
        CHECK(wait_until([&] { return state() && state()->error.empty(); }));
        following.signal(SIGTERM);
        CHECK(following.wait_exit() == 0);
    }
    CHECK(seen().is == mirror_condition::not_running); // the service was stopped
}

TEST_CASE_METHOD(mirror_fixture, "mirror command: what cannot be done is said, with what to do", "[mirror]") {
    auto const nothing = run({"--once"});
    CHECK(nothing.status == 3);
    CHECK(contains(nothing.errors, "nothing is published there yet"));
    publish_first();
    fs::remove_all(copy);
    auto const missing = run({"--once"});
    CHECK(missing.status == 3);
    CHECK(contains(missing.errors, copy.string()));
    CHECK(contains(missing.errors, "mount the disk"));
    CHECK(state()->error_kind == "missing");
    CHECK(run({"--verify"}).status == 3);
    CHECK(run({"--once", "--set", "mirror.disk.region=x"}).status == 78);
    child_process other{root / "other",
                        {"mirror", "dis", "--set", "mirror.disk.kind=directory", "--set", "mirror.disk.url=/x"}};
    CHECK(other.wait_exit() == 78);
    CHECK(contains(other.errors(), "did you mean \"disk\"?"));
    child_process nameless{root / "nameless", {"mirror"}};
    CHECK(nameless.wait_exit() == 64);
}

TEST_CASE_METHOD(mirror_fixture, "mirror command: 50 generations are followed", "[mirror]") {
    publish_first();
    auto mirror = start();
    for (int n = 1; n <= 50; ++n) {
        publish_change(n);
        if (n == 10) { // others change the target
            REQUIRE(wait_until([&] { return equal(); }));
            fs::remove(copy / "metadata.json");
            fs::remove(copy / user(5));
            std::ofstream{copy / user(6)} << "other";
        }
        if (n % 7 == 0)
            REQUIRE(wait_until([&] { return equal(); }));
    }
    CHECK(wait_until([&] { return equal(); }));
    INFO(mirror.errors());
    CHECK(wait_until([&] { return state() && state()->generation == 51 && state()->behind_since == 0; }));
    mirror.signal(SIGTERM);
    CHECK(mirror.wait_exit(milliseconds{5000}) == 0);
    CHECK(run({"--verify"}).status == 0);
}

TEST_CASE_METHOD(mirror_fixture, "mirror command: a generation that retention took is made up for by comparing",
                 "[mirror]") {
    publish_first();
    REQUIRE(once() == 0);
    for (int n = 1; n <= 5; ++n)
        publish_change(n);
    tree.forget_before(5);
    auto const step = run({"--once"});
    CHECK(step.status == 0);
    CHECK(contains(step.errors, "is not kept any more"));
    CHECK(equal());
}

TEST_CASE_METHOD(mirror_fixture, "mirror command: the same number of another past is compared", "[mirror]") {
    publish_first();
    REQUIRE(once() == 0);
    auto text = read_file(copy / "metadata.json");
    text.replace(text.find("1777636800"), 10, "1777550400");
    std::ofstream{copy / "metadata.json"} << text;
    std::ofstream{copy / user(3)} << "of the other past";
    auto const done = run({"--once"});
    CHECK(done.status == 0);
    CHECK(contains(done.output + done.errors, "it was restored or replaced"));
    CHECK(equal());
}

TEST_CASE_METHOD(mirror_fixture, "mirror command: a feed that goes away is not taken for quiet", "[mirror]") {
    publish_first();
    auto process = start();
    REQUIRE(wait_until([&] { return equal() && state() && state()->tree_generation == 1; }));
    fs::remove(tree.root() / ".exportd/changes/state.json");
    CHECK(wait_until([&] { return state() && state()->error_kind == "no_feed"; }, std::chrono::seconds{120}));
    process.signal(SIGTERM);
    CHECK(process.wait_exit() == 0);
}

TEST_CASE_METHOD(mirror_fixture, "mirror command: the tree itself is no copy of it", "[mirror]") {
    publish_first();
    for (auto const& place : {tree.root(), tree.root() / "", tree.root() / "users", tree.root() / ".exportd/mirrors"}) {
        copy = place;
        auto const done = run({"--once"});
        CHECK(done.status == 78);
        CHECK(contains(done.errors, "is the tree itself or inside it"));
    }
}

TEST_CASE_METHOD(mirror_fixture, "mirror command: killed at random, it goes on", "[mirror]") {
    std::minstd_rand random{7};
    publish_first(200);
    int kills = 0;
    for (int n = 1; n <= 30; ++n) {
        auto mirror = start();
        publish_change(n);
        std::uniform_int_distribution<int> any{0, 60};
        auto const end = std::chrono::steady_clock::now() + milliseconds{any(random)};
        wait_until([&] { return std::chrono::steady_clock::now() >= end; });
        mirror.signal(SIGKILL);
        kills += mirror.wait_exit() == -SIGKILL ? 1 : 0;
    }
    CHECK(kills == 30);
    CHECK(once() == 0);
    CHECK(equal());
}

TEST_CASE_METHOD(mirror_fixture, "mirror command: failures are told and end by themselves", "[mirror]") {
    publish_first();
    fs::remove_all(copy);
    auto mirror = start();
    REQUIRE(wait_until([&] { return state() && state()->errors > 0; }));
    CHECK(state()->error_kind == "missing");
    CHECK(wait_until([&] { return contains(mirror.errors(), "mirror_failed"); }));
    fs::create_directory(copy);
    CHECK(wait_until([&] { return equal(); }));
    CHECK(wait_until([&] { return state()->error.empty(); }));
    CHECK(wait_until([&] { return contains(mirror.errors(), "mirror_recovered"); }));
    mirror.signal(SIGINT);
    CHECK(mirror.wait_exit(milliseconds{5000}) == 0);
}

TEST_CASE_METHOD(mirror_fixture, "mirror command: since when it is behind, or fails, is no matter of processes",
                 "[mirror]") {
    publish_first();
    fs::rename(copy, root / "elsewhere");
    CHECK(once() == 3);
    auto const first = state().value();
    CHECK(first.errors == 1);
    CHECK(first.error_kind == "missing");
    auto earlier = first; // an hour ago
    earlier.error_since -= 3600;
    earlier.behind_since = earlier.error_since;
    std::ofstream{tree.root() / ".exportd/mirrors/disk.json"} << earlier.text();
    CHECK(once() == 3);
    CHECK(state()->errors == 2);
    CHECK(state()->error_since == earlier.error_since);
    CHECK(state()->behind_since == earlier.behind_since);
    fs::rename(root / "elsewhere", copy);
    CHECK(once() == 0);
    CHECK(state()->errors == 2);
    CHECK(state()->error.empty());
    CHECK(state()->error_since == 0);
    CHECK(state()->behind_since == 0);
}

TEST_CASE_METHOD(mirror_fixture, "mirror command: a stop request ends a long step, and the next start continues",
                 "[mirror]") {
    publish_first(4000);
    auto mirror = start();
    REQUIRE(wait_until([&] { return fs::exists(copy / ".exportd-mirror/new/100") || equal(); }));
    mirror.signal(SIGTERM);
    CHECK(mirror.wait_exit(milliseconds{5000}) == 0);
    CHECK(once() == 0);
    CHECK(equal());
}

TEST_CASE_METHOD(mirror_fixture, "mirror command: is a program of its own, installed beside the daemon", "[mirror]") {
    publish_first();
    auto const lone = root / "bin/osm-notes-exportd";
    fs::create_directory(lone.parent_path());
    fs::copy_file(EXPORTD_BINARY, lone);
    auto typed = words({"--once"});
    typed.insert(typed.begin(), lone.string());
    auto const missing = exportd::run_program({typed});
    CHECK(missing.status == 70);
    CHECK(missing.errors == "osm-notes-exportd: mirrors are kept by " +
                                (root / "libexec/osm-notes-exportd/mirror").string() +
                                ", which cannot be started: No such file or directory. It is part of this package; "
                                "install it again\n");
    CHECK(fs::is_empty(copy));

    auto const beside = fs::path{EXPORTD_BINARY}.parent_path() / EXPORTD_MIRROR_PROGRAM;
    auto const program = root / "libexec/osm-notes-exportd/mirror";
    fs::create_directories(program.parent_path());
    fs::copy_file(beside, program);
    auto const run = exportd::run_program({typed});
    INFO(run.errors);
    CHECK(run.good());
    CHECK(equal());

    auto const other = exportd::run_program({{program.string(), "status"}});
    CHECK(other.status == 64);
    CHECK(other.errors == "osm-notes-exportd: this program keeps mirrors only; type 'osm-notes-exportd mirror NAME'\n");
}

TEST_CASE_METHOD(mirror_fixture, "mirror command: caches are told what changed", "[mirror]") {
    publish_first();
    REQUIRE(once() == 0);
    publish_change(1);
    auto const got = (root / "got").string();
    CHECK(run({"--once", "--set", "mirror.disk.purge_command=tr '\\0' '\\n' > " + got}).status == 0);
    CHECK(read_file(got) == "indexes/users.json\nmetadata.json\n" + user(1) + '\n' + user(1001) + '\n');
}

} // namespace test
