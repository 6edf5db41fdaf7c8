// A mirror and its git are killed at any moment: the next start continues.
#include "support/catch.hpp"
#include "support/git_mirror_fixture.hpp"
#include "support/wait_until.hpp"

#include "mirror/error.hpp"

#include <csignal>
#include <random>
#include <sys/wait.h>
#include <unistd.h>

using namespace notes_export::mirror;
using test::shell;
using fixture = test::git_mirror_fixture;

namespace {

/// One step in a process of its own, as a follower would do it.
pid_t step_in_child(fixture& f) {
    pid_t const pid = ::fork();
    if (pid == 0) {
        int status = 0;
        try {
            f.step();
        } catch (std::exception const&) {
            status = 1;
        }
        ::_exit(status);
    }
    return pid;
}

bool ended(pid_t pid, int& status) {
    return ::waitpid(pid, &status, WNOHANG) == pid;
}

/// A git of this process, if there is one now.
std::vector<pid_t> children_of(pid_t parent) {
    std::vector<pid_t> found;
    std::ifstream in{"/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children"};
    for (pid_t pid = 0; in >> pid;)
        found.push_back(pid);
    return found;
}

} // namespace

TEST_CASE_METHOD(fixture, "git mirror: killed at any moment, or its git, the next start continues", "[git]") {
    step();
    std::mt19937 random{7};
    for (int round = 0; round < 40; ++round) {
        for (int i = 0; i < 30; ++i)
            tree.put("users/0/0/1/" + std::to_string(4096 * i + 1) + ".json", std::to_string(random()) + '\n');
        tree.publish();
        pid_t const child = step_in_child(*this);
        auto const moment = std::chrono::milliseconds{random() % 120};
        int status = 0;
        bool const done = test::wait_until([&] { return ended(child, status); }, moment);
        if (!done && round % 2 == 0) {
            ::kill(child, SIGKILL);
        } else if (!done) {
            for (auto const git : children_of(child))
                ::kill(git, SIGKILL);
        }
        if (!done)
            ::waitpid(child, &status, 0);
        // What a killed process started ends by itself; until then it may hold a lock of git.
        if (round % 4 == 3 || round % 4 == 0) {
            REQUIRE(
                test::wait_until([&] { return shell("find " + remote + " -name '*.lock' 2>/dev/null || :") == ""; }));
            step();
            REQUIRE(mirrored() == published());
        }
    }
    step();
    CHECK(mirrored() == published());
    CHECK(git("fsck --strict").find("error") == std::string::npos);
    CHECK(shell("find " + options.repository.string() +
                " -name '*.lock' -size 0 ! -name exportd.lock -o -name 'tmp_*'") == "");
}

TEST_CASE_METHOD(fixture, "git mirror: what a killed git left in the repository is removed at the start", "[git]") {
    step();
    for (auto const* const name : {"packed-refs.lock", "refs/exportd/pushed.lock", "config.lock",
                                   "objects/pack/tmp_pack_abcdef", "objects/pack/pack-1.keep"})
        std::ofstream{options.repository / name} << "";
    tree.put("users/0/0/1/1.json", "new\n");
    tree.publish();
    step();
    CHECK(mirrored() == published());
    CHECK(shell("cd " + options.repository.string() +
                " && find . -name '*.lock' ! -name exportd.lock -o -name 'tmp_*' "
                "-o -name '*.keep'") == "");
}
