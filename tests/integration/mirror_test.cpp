// The command mirror on real directories: what it follows is written as an exporter writes it, so that no database is
// needed.
#include "support/catch.hpp"

#include "crash/fault_plans.hpp"
#include "crash/syscall_injector.hpp"
#include "notes_export/dataset.hpp"
#include "notes_export/mirror_state.hpp"
#include "notes_export/mirrors.hpp"
#include "setup/program.hpp"
#include "support/daemon_process.hpp"
#include "support/published_tree.hpp"
#include "support/thorough.hpp"
#include "support/thrown_message.hpp"
#include "support/tree_contents.hpp"

#include <cerrno>
#include <csignal>
#include <random>

namespace test {

namespace {

namespace fs = std::filesystem;

std::string user(int id) {
    return notes_export::entity_path{"users/{h1}/{h2}/{h3}/{id}.json"}.of(id);
}

struct mirror_fixture {
    temporary_directory root;
    published_tree tree{root / "tree"};
    fs::path copy = root / "copy";
    int runs = 0;

    mirror_fixture() { fs::create_directory(copy); }

    std::vector<std::string> words(std::vector<std::string> const& more = {}) const {
        std::vector<std::string> all{"mirror", "disk"};
        for (auto const& setting :
             {"output.directory=" + tree.root().string(), std::string{"mirror.disk.kind=directory"},
              "mirror.disk.url=" + copy.string(), std::string{"mirror.disk.min_interval=0"}}) {
            all.emplace_back("--set");
            all.push_back(setting);
        }
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    child_process start(std::vector<std::string> const& more = {}) {
        return {root / ("run" + std::to_string(++runs)), words(more)};
    }
    struct ended {
        int status;
        std::string output;
        std::string errors;
    };
    ended run(std::vector<std::string> const& more) {
        auto process = start(more);
        int const status = process.wait_exit().value();
        return {status, process.output(), process.errors()};
    }
    int once() { return run({"--once"}).status; }

    std::vector<std::string> differing() const { return differences(published_in(tree.root()), published_in(copy)); }
    bool equal() const { return differing().empty(); }

    std::optional<notes_export::mirror_state> state() const {
        return notes_export::mirror_state::parse(read_file(tree.root() / ".exportd/mirrors/disk.json"));
    }

    void publish_first(int users = 20) {
        for (int id = 1; id <= users; ++id)
            tree.put(user(id), "user " + std::to_string(id));
        tree.put("indexes/users.json", "index 1");
        tree.put("global_stats.json", "{}");
        tree.publish(false);
    }
    void publish_change(int n) {
        tree.put(user(1), "user 1, version " + std::to_string(n));
        tree.put(user(1000 + n), "user, new in " + std::to_string(n));
        if (n > 1)
            tree.remove(user(1000 + n - 1));
        tree.put("indexes/users.json", "index " + std::to_string(n + 1));
        tree.publish();
    }
};

} // namespace

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

namespace {

/// A copy at generation 1, and a tree at 2, for one attempt that is disturbed.
struct disturbed {
    mirror_fixture f;
    tree_contents before;

    explicit disturbed(bool comparing) {
        f.publish_first(6);
        if (f.once() != 0)
            throw std::runtime_error{"the first step failed"};
        before = published_in(f.copy);
        f.tree.remove(user(2));
        f.tree.put(user(1), "user 1, next");
        f.tree.put(user(500), "new");
        f.tree.put("indexes/users.json", "next index");
        f.tree.publish(!comparing);
    }

    /// What a reader must never see.
    std::vector<std::string> wrongs() const {
        std::vector<std::string> all;
        auto const now = published_in(f.copy);
        auto const after = published_in(f.tree.root());
        for (auto const& [path, text] : now) {
            bool const old = before.contains(path) && before.at(path) == text;
            bool const next = after.contains(path) && after.at(path) == text;
            if (!old && !next)
                all.push_back(path + " is of no generation");
        }
        auto const is_new = [&](std::string const& path) {
            return now.contains(path) && now.at(path) == after.at(path);
        };
        if (is_new("indexes/users.json") && (!is_new(user(500)) || !is_new(user(1))))
            all.emplace_back("the index is newer than its profiles");
        if (is_new("metadata.json") && !is_new("indexes/users.json"))
            all.emplace_back("metadata.json is newer than the index");
        if (!is_new("metadata.json") && !now.contains(user(2)))
            all.emplace_back("a file was removed too early");
        return all;
    }
};

/// Does it for each call on the copy, or for so many.
void at_each_call(bool comparing, fault const& f,
                  std::function<void(int status, std::string const& errors)> const& judge) {
    std::size_t disturbed_runs = 0;
    for (std::size_t n = 1;; ++n) {
        disturbed d{comparing};
        syscall_injector injector{fs::canonical(d.f.copy), nth(n, f)};
        std::optional<child_process> process;
        injector.watch([&] { process.emplace(d.f.root / "watched", d.f.words({"--once"})); });
        auto const status = process->wait_exit().value();
        auto const hit = injector.hit();
        if (!hit)
            break;
        ++disturbed_runs;
        INFO("call " << n << ": " << hit->text() << ", status " << status << '\n' << process->errors());
        judge(status, process->errors());
        CHECK(d.wrongs() == std::vector<std::string>{});
        CHECK(d.f.once() == 0);
        CHECK(d.f.differing() == std::vector<std::string>{});
        if (!thorough())
            n += n / 10;
    }
    CHECK(disturbed_runs > 10);
}

} // namespace

TEST_CASE("mirror command: killed at a system call, the copy is one that the next step continues", "[mirror][crash]") {
    for (bool const comparing : {false, true})
        at_each_call(comparing, {fault::kind::kill}, [](int status, std::string const&) { CHECK(status == -SIGKILL); });
}

TEST_CASE("mirror command: a full or broken disk loses nothing", "[mirror][crash]") {
    for (int const error : {ENOSPC, EIO})
        at_each_call(false, {fault::kind::fail, error}, [](int status, std::string const& errors) {
            CHECK((status == 0 || status == 3));
            if (status == 3)
                CHECK(contains(errors, "copy"));
        });
}

} // namespace test
