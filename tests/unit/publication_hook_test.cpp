// The command after a publication, with real processes and short limits. What the daemon makes of it: hook_test.cpp.
#include "support/catch.hpp"

#include "cycles/publication_hook.hpp"
#include "support/temporary_directory.hpp"
#include "support/wait_until.hpp"

#include <cerrno>
#include <csignal>
#include <fstream>
#include <string>
#include <vector>

using namespace exportd;
using namespace std::chrono_literals;

namespace {

struct hook_fixture {
    test::temporary_directory root;
    asio::io_context io;
    int idle = 0, succeeded = 0, failed = 0;
    publication_hook::handlers handlers() {
        return {.ended = [this](bool success) { ++(success ? succeeded : failed); }, .idle = [this] { ++idle; }};
    }
    /// The time limit is not to be met: only one test is about it.
    publication_hook hook{io, root.path(), handlers(), {30s, 200ms}};

    void publish(std::uint64_t generation) { hook.published(notes_export::publication{generation, {}, generation, 0}); }
    std::string text(std::string const& file) const {
        std::ifstream in{root / file};
        return {std::istreambuf_iterator<char>{in}, {}};
    }
    /// Whether the process whose number is in the file is gone.
    bool gone(std::string const& file) const {
        auto const pid = std::stoi(text(file));
        return test::wait_until([pid] { return ::kill(pid, 0) != 0 && errno == ESRCH; });
    }
    void run() { io.run_for(60s); }
};

std::vector<std::string> lines_of(std::vector<std::string> const& parts) {
    std::vector<std::string> found;
    output_lines lines{[&](std::string_view line) { found.emplace_back(line); }};
    for (auto const& part : parts)
        lines.add(part);
    lines.end();
    return found;
}

} // namespace

TEST_CASE_METHOD(hook_fixture, "publication_hook: an end that nobody told of is no success", "[hook]") {
    auto const before = ::signal(SIGCHLD, SIG_IGN); // the system throws away how it ended
    hook.set("exit 3");
    publish(1);
    run();
    ::signal(SIGCHLD, before);
    CHECK(succeeded == 0);
    CHECK(failed == 1);
}

TEST_CASE("output_lines: lines are put together, also the last one without its newline", "[hook]") {
    CHECK(lines_of({"a\nb", "c\n", "\nd"}) == std::vector<std::string>{"a", "bc", "", "d"});
    CHECK(lines_of({"a\n"}) == std::vector<std::string>{"a"});
}

TEST_CASE("output_lines: what has no limit is cut and counted", "[hook]") {
    auto const cut = lines_of({std::string(output_lines::longest, 'x'), "yyy", "\nz"});
    CHECK(cut == std::vector<std::string>{std::string(output_lines::longest, 'x'), "z"});
    std::size_t told = 0;
    output_lines lines{[&](std::string_view) { ++told; }};
    for (std::size_t i = 0; i < output_lines::most + 7; ++i)
        lines.add("line\n");
    CHECK(told == output_lines::most);
    CHECK(lines.dropped() == 7);
}

TEST_CASE_METHOD(hook_fixture, "publication_hook: the time limit ends a command that ignores SIGTERM, with its group",
                 "[hook]") {
    publication_hook impatient{io, root.path(), handlers(), {3s, 200ms}};
    impatient.set("trap '' TERM; echo $$ > shell; sh -c 'trap \"\" TERM; echo $$ > child; while :; do sleep 1; done'");
    impatient.published(notes_export::publication{1, {}, 1, 0});
    auto const began = std::chrono::steady_clock::now();
    run();
    CHECK(std::chrono::steady_clock::now() - began < 15s);
    CHECK(idle == 1);
    CHECK_FALSE(impatient.running());
    CHECK(failed == 1);
    CHECK(gone("shell"));
    CHECK(gone("child"));
}

TEST_CASE_METHOD(hook_fixture, "publication_hook: what a command leaves behind in its group ends with it", "[hook]") {
    hook.set("sh -c 'echo $$ > child; exec sleep 1000' & until [ -s child ]; do sleep 0.01; done");
    publish(1);
    run();
    CHECK(idle == 1);
    CHECK(gone("child"));
}

TEST_CASE_METHOD(hook_fixture, "publication_hook: publications during a run lead to one more, with their sums",
                 "[hook]") {
    hook.set("echo $OSM_NOTES_GENERATION $OSM_NOTES_FILES_WRITTEN >> runs");
    publish(1);
    publish(2);
    publish(3);
    run();
    CHECK(text("runs") == "1 1\n3 5\n");
    CHECK(succeeded == 2);
    CHECK(idle == 1);
}

TEST_CASE_METHOD(hook_fixture, "publication_hook: after stop() the run that waits does not begin", "[hook]") {
    hook.set("echo x >> runs; exec sleep 1000");
    publish(1);
    publish(2);
    hook.stop();
    publish(3);
    run();
    CHECK(idle == 1);
    CHECK(text("runs").size() <= 2); // SIGTERM may come before the first word
}

TEST_CASE_METHOD(hook_fixture, "publication_hook: a directory that is gone is a failure, not an end", "[hook]") {
    publication_hook lost{io, root / "absent", handlers(), {200ms, 200ms}};
    lost.set("echo x > " + (root / "ran").string());
    lost.published(notes_export::publication{.generation = 1});
    CHECK_FALSE(lost.running());
    CHECK(failed == 1);
    std::filesystem::create_directory(root / "absent");
    lost.published(notes_export::publication{.generation = 2});
    run();
    CHECK(text("ran") == "x\n");
    CHECK(succeeded == 1);
}

TEST_CASE_METHOD(hook_fixture, "publication_hook: runs once for a publication that is told again", "[hook]") {
    hook.set("echo x >> " + (root / "ran").string());
    publish(1);
    publish(1);
    hook.published(std::nullopt);
    run();
    CHECK(text("ran") == "x\n");
}

TEST_CASE_METHOD(hook_fixture, "publication_hook: no command, no run", "[hook]") {
    publish(1);
    CHECK_FALSE(hook.running());
    hook.set("echo x >> runs");
    publish(2);
    publish(3);
    hook.set(""); // by a reload while it runs
    run();
    CHECK(text("runs") == "x\n");
}
