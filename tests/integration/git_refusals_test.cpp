// A repository that takes no push of the mirror: why is named, and it is not asked too often.
#include "support/catch.hpp"
#include "support/git_servers.hpp"
#include "support/thrown_message.hpp"

#include "mirror/error.hpp"

#include <chrono>
#include <cstdint>

using namespace notes_export::mirror;
using test::contains;
using test::shell;

namespace {

/// Whenever somebody pushes, somebody else has just committed.
constexpr char const* always_faster =
    "unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES\n"
    "c=$(GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b "
    "git commit-tree -p main -m other 'main^{tree}') && git update-ref refs/heads/main $c";

struct fixture : test::git_mirror_fixture {
    mirror_error failure_of_step() {
        try {
            step();
        } catch (mirror_error const& e) {
            UNSCOPED_INFO(e.what() << " (" << e.remedy() << ')');
            return e;
        }
        FAIL("nothing is thrown");
        throw std::logic_error{"FAIL() ends the test"};
    }
    void publish(std::string const& text) {
        tree.put("users/0/0/1/1.json", text + '\n');
        tree.publish();
    }
    void hook(std::string const& name, std::string const& script) const {
        auto const path = remote + "/hooks/" + name;
        std::ofstream{path} << "#!/bin/sh\n" << script << '\n';
        std::filesystem::permissions(path, std::filesystem::perms{0755});
    }
    /// Notes when a push arrives.
    std::string note() const { return "date +%s%N >> " + (place / "pushes").string() + '\n'; }
    std::vector<std::int64_t> pushes() const {
        std::vector<std::int64_t> all;
        std::ifstream in{place / "pushes"};
        for (std::int64_t time = 0; in >> time;)
            all.push_back(time);
        return all;
    }
};

} // namespace

TEST_CASE_METHOD(fixture, "git mirror: a lock that a killed git left in the repository is named at once", "[git]") {
    auto const* const lock = GENERATE("refs/heads/main.lock", "HEAD.lock");
    bool const is_empty = GENERATE(true, false);
    if (!is_empty) {
        step();
        publish("new");
    }
    hook("pre-receive", note());
    std::filesystem::create_directories(remote + "/refs/heads");
    std::ofstream{remote + '/' + lock} << "";
    auto const e = failure_of_step();
    CHECK(e.kind() == "refused");
    CHECK(contains(e.what(), remote + '/' + lock + " is there"));
    CHECK(contains(e.remedy(), "remove " + remote + '/' + lock));
    CHECK(pushes().size() == 1);
    std::filesystem::remove(remote + '/' + lock);
    step();
    CHECK(mirrored() == published());
}

TEST_CASE_METHOD(fixture, "git mirror: a lock that the other side does not name is no race", "[git]") {
    step();
    publish("new");
    std::ofstream{remote + "/refs/heads/main.lock"} << "";
    auto const ssh = (place / "ssh").string();
    std::ofstream{ssh} << "#!/bin/sh\nsh -c \"$2\" | perl -e 'while(sysread(STDIN,$b,65536)){"
                          "$b=~s/Unable to create/Unable to cReate/g;syswrite STDOUT,$b}'\n";
    std::filesystem::permissions(ssh, std::filesystem::perms{0755});
    test::set_variable const client{"GIT_SSH", ssh};
    test::set_variable const variant{"GIT_SSH_VARIANT", "simple"};
    options.url = "host:" + remote;
    options.repository = place / "other.git";
    auto const e = failure_of_step();
    CHECK(e.kind() == "refused");
    CHECK(contains(e.what(), "though nobody else has pushed"));
    CHECK(contains(e.remedy(), "refs/heads/main.lock"));
}

TEST_CASE_METHOD(fixture, "git mirror: a branch that is in the way of the name of its own", "[git]") {
    somebody("echo a > a");
    options.branch = "main/x";
    auto const e = failure_of_step();
    CHECK(e.kind() == "refused");
    CHECK(contains(e.what(), "branch main is in the way of that name"));
    CHECK(contains(e.remedy(), "set another `branch`, or rename main there"));
}

TEST_CASE_METHOD(fixture, "git mirror: a shallow repository is named", "[git]") {
    for (auto const* const text : {"1", "2"})
        somebody("echo " + std::string{text} + " > a");
    options.url = (place / "shallow.git").string();
    shell("git clone -q --bare --depth 1 file://" + remote + ' ' + options.url);
    auto const e = failure_of_step();
    CHECK(e.kind() == "not_supported");
    CHECK(contains(e.what(), "cannot fetch branch main of " + options.url + ": it is a shallow repository"));
    CHECK(contains(e.remedy(), "git fetch --unshallow"));
    shell("git -C " + options.url + " fetch -q --unshallow");
    step();
    CHECK(shell("git -C " + options.url + " rev-list --count main") == "3\n");
}

TEST_CASE_METHOD(fixture, "git mirror: a repository of SHA-256, empty or not", "[git]") {
    options.url = (place / "sha256.git").string();
    shell("git init -q --bare -b main --object-format=sha256 " + options.url);
    bool const is_empty = GENERATE(true, false);
    if (!is_empty)
        shell("git init -q -b main --object-format=sha256 " + (place / "w").string() + " && cd " +
              (place / "w").string() + " && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m a && " +
              "git push -q " + options.url + " main");
    auto const e = failure_of_step();
    CHECK(e.kind() == "not_supported");
    CHECK(contains(e.remedy(), "git init --bare --object-format=sha1"));
    if (!is_empty)
        CHECK(e.what() == "cannot use " + options.url + ": it is a repository of SHA-256");
}

TEST_CASE_METHOD(fixture, "git mirror: a hook of the transaction refuses the push", "[git]") {
    hook("reference-transaction", "echo 'policy: no' >&2; exit 1");
    auto const e = failure_of_step();
    CHECK(e.kind() == "refused");
    CHECK(contains(e.what(), "policy: no"));
    CHECK(contains(e.remedy(), "a hook"));
}

TEST_CASE_METHOD(fixture, "git mirror: a broken configuration of the user's git costs its own repository nothing",
                 "[git]") {
    step();
    publish("new");
    {
        std::filesystem::create_directories(place / "home");
        std::ofstream{place / "home/.gitconfig"} << "[user\n";
        test::set_variable const home{"HOME", (place / "home").string()};
        auto const e = failure_of_step();
        CHECK(e.kind() == "configuration");
        CHECK(contains(e.what(), (place / "home/.gitconfig").string()));
        CHECK(contains(e.remedy(), "Mend the configuration file"));
    }
    auto const done = step();
    CHECK(done.warnings.empty());
    CHECK(done.written == 2);
}

TEST_CASE_METHOD(fixture, "git mirror: pushes that are refused, and those that come too late, keep the pace", "[git]") {
    step();
    publish("new");
    auto const port = test::free_port();
    test::server_process const server{{"git", "daemon", "--export-all", "--base-path=" + place.path().string(),
                                       "--reuseaddr", "--listen=127.0.0.1", "--log-destination=none",
                                       "--port=" + std::to_string(port), "--enable=receive-pack"},
                                      port};
    options.url = "git://127.0.0.1:" + std::to_string(port) + "/remote.git";
    options.between_pushes = std::chrono::milliseconds{700};
    if (GENERATE(false, true)) {
        hook("pre-receive", note() + always_faster);
        CHECK(failure_of_step().kind() == "diverged");
        REQUIRE(pushes().size() == 5);
    } else {
        hook("pre-receive", note() + "exit 1");
        for (int i = 0; i < 3; ++i)
            CHECK(failure_of_step().kind() == "refused");
        REQUIRE(pushes().size() == 3);
    }
    auto const all = pushes();
    // A push takes longer to arrive at one time than at another.
    for (std::size_t i = 1; i < all.size(); ++i)
        CHECK(all[i] - all[i - 1] > 500'000'000);
}
