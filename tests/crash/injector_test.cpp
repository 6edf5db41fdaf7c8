// The tools of the crash tests have to be right themselves.
#include "support/catch.hpp"

#include "crash/durability_ledger.hpp"
#include "crash/fault_plans.hpp"
#include "support/daemon_process.hpp"
#include "support/export_fixture.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace test {

namespace {

/// Runs shell commands as a watched program.
struct injector_fixture {
    temporary_directory root;
    std::filesystem::path const tree = root / "tree";

    injector_fixture() { std::filesystem::create_directory(tree); }

    int run(syscall_injector& injector, std::string const& script) const {
        int status = -1;
        injector.watch([&] {
            std::string shell = "/bin/sh", option = "-c", text = "cd '" + tree.string() + "' && " + script;
            char* const arguments[] = {shell.data(), option.data(), text.data(), nullptr};
            pid_t pid = -1;
            if (::posix_spawn(&pid, shell.c_str(), nullptr, nullptr, arguments, environ) == 0)
                ::waitpid(pid, &status, 0);
        });
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }

    std::string text(std::string const& name) const { return read_file(tree / name); }
};

call_filter calls(std::string const& name, std::string const& path) {
    return [=](watched_call const& call) { return call.name == name && call.path == path; };
}

watched_call call(std::string const& name, std::string const& path, std::string const& target = "") {
    watched_call c;
    c.name = name;
    c.path = path;
    c.target = target;
    c.creates = name == "openat";
    return c;
}

watched_call failed(watched_call c) {
    c.injected = true;
    return c;
}

watched_call mark() {
    auto c = call("sendto", "");
    c.message = c.marks = true;
    return c;
}

std::vector<std::string> violations(std::vector<watched_call> const& trace) {
    durability_ledger ledger;
    ledger.add(trace);
    return ledger.violations();
}

/// Behind what the change feed needs before anything is published.
std::vector<std::string> violations_with_feed(std::vector<watched_call> const& trace) {
    std::vector<watched_call> all{call("write", ".exportd/changes/ahead"), call("fsync", ".exportd/changes/ahead"),
                                  call("renameat", ".exportd/staging/9", ".exportd/changes/000/000/002.json"),
                                  call("fsync", ".exportd/changes/000/000")};
    all.insert(all.end(), trace.begin(), trace.end());
    return violations(all);
}

} // namespace

TEST_CASE_METHOD(injector_fixture, "syscall_injector: sees the calls on the tree and no others", "[crash]") {
    syscall_injector injector{tree};
    CHECK(run(injector, "echo inside > file; echo outside > ../file; /bin/rm file") == 0);
    auto const trace = injector.trace();
    auto const is = [&](std::string const& name, std::string const& path) {
        return std::ranges::count_if(trace, calls(name, path));
    };
    CHECK(is("openat", "file") == 1);
    CHECK(is("write", "file") == 1);
    CHECK(is("unlinkat", "file") + is("unlink", "file") == 1);
    CHECK(std::ranges::all_of(trace, [](auto const& c) { return c.path.empty() || c.path == "file"; }));
    CHECK_FALSE(injector.hit());
}

TEST_CASE_METHOD(injector_fixture, "syscall_injector: a killed call never runs", "[crash]") {
    syscall_injector injector{tree, nth(1, {fault::kind::kill}, calls("write", "file"))};
    CHECK(run(injector, "echo one > other; echo two > file; echo three > third") == -SIGKILL);
    CHECK(text("other") == "one\n");
    CHECK(text("file").empty());
    CHECK_FALSE(std::filesystem::exists(tree / "third"));
    REQUIRE(injector.hit());
    CHECK(injector.hit()->text() == "write file");
}

TEST_CASE_METHOD(injector_fixture, "syscall_injector: a failed call fails with its error and does nothing", "[crash]") {
    syscall_injector injector{tree, nth(2, {fault::kind::fail, ENOSPC}, calls("write", "file"))};
    CHECK(run(injector, "exec > file; echo one; echo two 2> /dev/null; echo three") == 0);
    CHECK(text("file") == "one\nthree\n");
}

TEST_CASE_METHOD(injector_fixture, "syscall_injector: a short write writes the first half and moves on", "[crash]") {
    syscall_injector injector{tree, nth(1, {fault::kind::short_write}, calls("write", "file"))};
    CHECK(run(injector, "/bin/echo -n 12345678 > file; true") == 0);
    auto const trace = injector.trace();
    CHECK(text("file").starts_with("1234"));
    // Who goes on after a short write, writes the rest.
    if (std::ranges::count_if(trace, calls("write", "file")) == 2)
        CHECK(text("file") == "12345678");
}

TEST_CASE_METHOD(injector_fixture, "syscall_injector: the plan may change while the program runs", "[crash]") {
    REQUIRE(::mkfifo((root / "go").c_str(), 0600) == 0);
    syscall_injector injector{tree, each({fault::kind::fail, EIO}, calls("openat", "file"))};
    std::jthread go{[&] {
        wait_until([&] { return injector.hit().has_value(); });
        injector.set_plan({});
        std::ofstream{root / "go"} << '\n';
    }};
    CHECK(run(injector, "{ echo one > file || read line < ../go; echo two > file; } 2> /dev/null") == 0);
    CHECK(text("file") == "two\n");
}

TEST_CASE("durability_ledger: a correct order has no violation", "[crash]") {
    CHECK(violations_with_feed({call("mkdirat", "users/1"), call("openat", ".exportd/staging/0"),
                                call("write", ".exportd/staging/0"), call("fsync", ".exportd/staging/0"),
                                call("renameat", ".exportd/staging/0", "users/1/1.json"), call("fsync", "users"),
                                call("fsync", "users/1"), call("renameat", ".exportd/staging/1", "indexes/users.json"),
                                call("fsync", "indexes"), call("renameat", ".exportd/staging/2", "metadata.json"),
                                call("syncfs", ""), call("unlinkat", "users/2/2.json"), call("fsync", "users/2"),
                                call("renameat", ".exportd/staging/3", ".exportd/changes/state.json"), mark()})
              .empty());
}

TEST_CASE("durability_ledger: each broken rule is a violation", "[crash]") {
    auto const written = call("write", ".exportd/staging/0");
    auto const published = call("renameat", ".exportd/staging/0", "users/1/1.json");
    auto const synced = call("fsync", ".exportd/staging/0");
    CHECK(violations_with_feed({written, published}).size() == 1);
    CHECK(violations_with_feed({written, failed(synced), published}).size() == 1);
    CHECK(violations_with_feed({written, failed(synced), synced, published}).size() == 1);
    CHECK(violations_with_feed({written, failed(call("syncfs", "")), call("syncfs", ""), published}).size() == 1);
    CHECK(violations_with_feed({written, failed(call("close", ".exportd/staging/0")), synced, published}).size() == 1);
    CHECK(violations_with_feed({published, call("renameat", "a", "indexes/users.json")}).size() == 1);
    CHECK(violations_with_feed({call("renameat", "a", "metadata.json"), call("fsync", ""),
                                call("renameat", "a", "metadata.json"), call("fsync", ""), published})
              .size() == 1);
    CHECK(violations_with_feed({published, failed(call("fsync", "users/1")), mark()}).size() == 1);
    CHECK(violations_with_feed({call("renameat", "a", "indexes/users.json"), call("renameat", "b", "metadata.json")})
              .size() == 1);
    CHECK(violations_with_feed({call("renameat", "a", "metadata.json"), call("unlinkat", "users/1/1.json")}).size() ==
          1);
    CHECK(violations_with_feed({call("unlinkat", "users/1/1.json"), mark()}).size() == 1);
}

TEST_CASE("durability_ledger: each broken rule of the change feed is a violation", "[crash]") {
    auto const ahead = call("write", ".exportd/changes/ahead");
    auto const synced = call("fsync", ".exportd/changes/ahead");
    auto const listed = call("renameat", "a", ".exportd/changes/000/000/002.json");
    auto const list_synced = call("fsync", ".exportd/changes/000/000");
    auto const told = call("renameat", "a", ".exportd/changes/state.json");
    auto const published = call("renameat", "a", "users/1.json");
    auto const committed = call("renameat", "a", "metadata.json");
    std::vector<watched_call> const whole{
        ahead, synced, published, call("fsync", "users"), listed, list_synced, committed, call("fsync", ""), told};
    CHECK(violations(whole).empty());
    CHECK(violations({told}).empty()); // of what the program before has published
    CHECK(violations({published}).size() == 1);
    CHECK(violations({ahead, published}).size() == 1);
    CHECK(violations({ahead, synced, published, call("fsync", "users"), committed}).size() == 1);
    CHECK(violations({ahead, synced, published, call("fsync", "users"), listed, committed}).size() == 1);
    CHECK(violations({ahead, synced, published, call("fsync", "users"), told}).size() == 1);
    CHECK(violations({ahead, synced, published, call("fsync", "users"), listed, list_synced, committed, told}).size() ==
          1);
}

} // namespace test
