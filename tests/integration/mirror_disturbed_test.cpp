// The command mirror, killed or failing at each call on the copy: what a reader sees then, and what the next step makes
// of it.
#include "support/catch.hpp"

#include "crash/fault_plans.hpp"
#include "crash/syscall_injector.hpp"
#include "support/daemon_process.hpp"
#include "support/mirror_fixture.hpp"
#include "support/thorough.hpp"
#include "support/thrown_message.hpp"
#include "support/tree_contents.hpp"

#include <cerrno>
#include <csignal>
#include <functional>
#include <stdexcept>

namespace test {

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
        f.tree.remove(mirror_fixture::user(2));
        f.tree.put(mirror_fixture::user(1), "user 1, next");
        f.tree.put(mirror_fixture::user(500), "new");
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
        if (is_new("indexes/users.json") && (!is_new(mirror_fixture::user(500)) || !is_new(mirror_fixture::user(1))))
            all.emplace_back("the index is newer than its profiles");
        if (is_new("metadata.json") && !is_new("indexes/users.json"))
            all.emplace_back("metadata.json is newer than the index");
        if (!is_new("metadata.json") && !now.contains(mirror_fixture::user(2)))
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
        syscall_injector injector{std::filesystem::canonical(d.f.copy), nth(n, f)};
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
