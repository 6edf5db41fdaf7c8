// What may go wrong between a mirror and its repository: each has its own kind, and says what to do.
#include "support/catch.hpp"
#include "support/git_servers.hpp"
#include "support/private_mounts.hpp"
#include "support/thrown_message.hpp"

#include "mirror/error.hpp"
#include "notes_export/error.hpp"

#include <chrono>
#include <thread>

using namespace notes_export;
using namespace notes_export::mirror;
using test::contains;
using test::shell;

namespace {

struct fixture : test::git_mirror_fixture {
    struct failure {
        std::string kind;
        std::string text;
        std::string remedy;
    };
    failure step_fails() {
        try {
            step();
        } catch (mirror_error const& e) {
            CAPTURE(e.what());
            return {e.kind(), e.what(), e.remedy()};
        }
        return {};
    }
    void hook(std::string const& name, std::string const& script) const {
        auto const path = remote + "/hooks/" + name;
        std::ofstream{path} << "#!/bin/sh\n" << script << '\n';
        std::filesystem::permissions(path, std::filesystem::perms{0755});
    }
};

} // namespace

TEST_CASE_METHOD(fixture, "git mirror: nobody listens", "[git]") {
    test::silent_port port;
    port.close();
    options.url = "git://127.0.0.1:" + port.number() + "/r.git";
    auto const f = step_fails();
    CHECK(f.kind == "unreachable");
    CHECK(contains(f.text, "cannot look at branch main of git://127.0.0.1:"));
    CHECK(contains(f.text, "Connection refused"));
    CHECK(contains(f.remedy, "firewall"));
    options.url = "ssh://someone:secret@127.0.0.1:" + port.number() + "/r.git";
    auto const ssh = step_fails();
    CHECK(ssh.kind == "unreachable");
    CHECK_FALSE(contains(ssh.text, "secret"));
    CHECK_FALSE(contains(ssh.text, "\r"));
}

TEST_CASE_METHOD(fixture, "git mirror: a host that nobody knows", "[git]") {
    options.url = "git://host.invalid/r.git";
    auto const f = step_fails();
    INFO(f.text);
    CHECK(f.kind == "unreachable");
}

TEST_CASE_METHOD(fixture, "git mirror: a server that says nothing", "[git]") {
    test::silent_port const port;
    options.url = "git://127.0.0.1:" + port.number() + "/r.git";
    options.silence = std::chrono::milliseconds{300};
    auto const f = step_fails();
    CHECK(f.kind == "slow");
    CHECK(contains(f.text, "git made no progress"));
}

TEST_CASE_METHOD(fixture, "git mirror: a stop request ends a wait for the network at once", "[git]") {
    test::silent_port const port;
    options.url = "git://127.0.0.1:" + port.number() + "/r.git";
    std::jthread const stopper{[&] {
        test::wait_until([] { return false; }, std::chrono::milliseconds{300});
        stop.request_stop();
    }};
    auto const begin = std::chrono::steady_clock::now();
    CHECK_THROWS_AS(step(), cancelled);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{3});
}

TEST_CASE_METHOD(fixture, "git mirror: a hook refuses the push", "[git]") {
    hook("pre-receive", "echo 'not on Sundays'; exit 1");
    auto const f = step_fails();
    CHECK(f.kind == "refused");
    CHECK(contains(f.text, "cannot push generation 1 to branch main of " + remote));
    CHECK(contains(f.text, "pre-receive hook declined"));
    CHECK(contains(f.text, "not on Sundays"));
    std::filesystem::remove(remote + "/hooks/pre-receive");
    step();
    CHECK(mirrored() == published());
}

TEST_CASE_METHOD(fixture, "git mirror: a branch that is protected against a new beginning", "[git]") {
    git("config receive.denyNonFastForwards true");
    step();
    options.history = std::chrono::hours{1};
    tree.put("users/0/0/1/1.json", "new\n");
    tree.publish();
    {
        auto t = target();
        auto const done = step(t);
        REQUIRE(done.warnings.size() == 1);
        CHECK(contains(done.warnings[0], "non-fast-forward"));
        CHECK(contains(done.warnings[0],
                       "Set history = keep, or let the repository take it (receive.denyNonFastForwards"));
        CHECK(mirrored() == published());
        CHECK(git("rev-list --count main") == "2\n");
        tree.put("users/0/0/1/1.json", "newer\n");
        tree.publish();
        CHECK(step(t).warnings.empty());
        CHECK(git("rev-list --count main") == "3\n");
    }
    git("config receive.denyNonFastForwards false");
    tree.put("users/0/0/1/1.json", "newest\n");
    tree.publish();
    CHECK(step().warnings.empty());
    CHECK(git("rev-list --count main") == "1\n");
}

TEST_CASE_METHOD(fixture, "git mirror: no repository there", "[git]") {
    options.url = (place / "nothing.git").string();
    CHECK(step_fails().kind == "not_found");
    std::filesystem::create_directories(place / "empty");
    options.url = (place / "empty").string();
    auto const f = step_fails();
    CHECK(f.kind == "not_found");
    CHECK(contains(f.remedy, "git init --bare"));
}

TEST_CASE_METHOD(fixture, "git mirror: through git daemon, and one that takes no pushes", "[git]") {
    auto const serve = [&](int port, std::string const& option) {
        options.url = "git://127.0.0.1:" + std::to_string(port) + "/remote.git";
        return std::vector<std::string>{"git",
                                        "daemon",
                                        "--export-all",
                                        "--base-path=" + place.path().string(),
                                        "--reuseaddr",
                                        "--listen=127.0.0.1",
                                        "--log-destination=none",
                                        "--port=" + std::to_string(port),
                                        option};
    };
    {
        auto const port = test::free_port();
        test::server_process const server{serve(port, "--forbid-override=receive-pack"), port};
        auto const f = step_fails();
        INFO(f.text);
        CHECK(f.kind == "refused");
        CHECK(contains(f.remedy, "receive-pack"));
        options.url = "git://127.0.0.1:" + std::to_string(port) + "/other.git";
        CHECK(step_fails().kind == "not_found");
    }
    auto const port = test::free_port();
    test::server_process const server{serve(port, "--enable=receive-pack"), port};
    step();
    CHECK(mirrored() == published());
}

TEST_CASE_METHOD(fixture, "git mirror: through ssh, with the right key, a wrong one, and an unknown host", "[git]") {
    test::ssh_server const server{place};
    options.url = server.url(remote);
    {
        test::set_variable const client{"GIT_SSH_COMMAND", server.client()};
        step();
        CHECK(mirrored() == published());
        options.url = server.url("/nowhere.git");
        CHECK(step_fails().kind == "not_found");
        options.url = server.url(remote);
    }
    {
        test::set_variable const client{"GIT_SSH_COMMAND", server.client("stranger")};
        auto const f = step_fails();
        CHECK(f.kind == "credentials");
        CHECK(contains(f.text, "Permission denied (publickey)"));
        CHECK(contains(f.remedy, "key"));
    }
    test::set_variable const client{"GIT_SSH_COMMAND", server.client("user", "nobody")};
    auto const f = step_fails();
    CHECK(f.kind == "host_key");
    CHECK(contains(f.remedy, "known_hosts"));
}

TEST_CASE_METHOD(fixture, "git mirror: others that are always faster", "[git]") {
    step();
    // Whenever we push, somebody has just committed.
    hook("pre-receive", "unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES\n"
                        "c=$(GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b "
                        "git commit-tree -p main -m other 'main^{tree}') && git update-ref refs/heads/main $c");
    tree.put("users/0/0/1/1.json", "new\n");
    tree.publish();
    auto const f = step_fails();
    CHECK(f.kind == "diverged");
    CHECK(contains(f.text, "others were faster 5 times"));
    std::filesystem::remove(remote + "/hooks/pre-receive");
    step();
    CHECK(mirrored() == published());
}

TEST_CASE_METHOD(fixture, "git mirror: git is not installed", "[git]") {
    test::set_variable const path{"PATH", (place / "no").string()};
    auto const f = step_fails();
    CHECK(f.kind == "no_git");
    CHECK(contains(f.remedy, "apt install git"));
}

TEST_CASE_METHOD(fixture, "git mirror: two mirrors of one name", "[git]") {
    auto first = target();
    first.generation(stop.get_token());
    CHECK(step_fails().kind == "held");
}

TEST_CASE_METHOD(fixture, "git mirror: addresses that git would run programs for", "[git]") {
    for (auto const* const url : {"ext::sh -c true", "-oProxyCommand=x", "relative/path", "", "ftp://h/r"}) {
        options.url = url;
        CHECK_THROWS_AS(target(), mirror_error);
    }
}

TEST_CASE_METHOD(fixture, "git mirror: no room for the mirror's own repository", "[git]") {
    std::filesystem::create_directories(options.repository);
    test::private_mounts const mounts;
    if (!mounts.impossible().empty()) {
        WARN("skipped: " << mounts.impossible());
        return;
    }
    mounts.tmpfs(options.repository, "size=512k");
    std::string noise;
    std::uint32_t x = 1;
    for (int i = 0; i < 2'000'000; ++i)
        noise += static_cast<char>((x = x * 1664525U + 1013904223U) >> 24U);
    tree.put("indexes/users.json", noise);
    tree.publish();
    auto const f = step_fails();
    INFO(f.text);
    CHECK(f.kind == "disk_full");
    mounts.resize(options.repository, "size=64m");
    step();
    CHECK(mirrored() == published());
    mounts.unmount(options.repository);
}
