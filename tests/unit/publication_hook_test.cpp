// The command after a publication, with real processes and short limits. What the daemon makes of it: hook_test.cpp.
#include "support/catch.hpp"

#include "cycles/publication_hook.hpp"
#include "document/metadata.hpp"
#include "support/temporary_directory.hpp"
#include "support/wait_until.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <notes_export/publication_note.hpp>
#include <sstream>
#include <string>
#include <vector>

using namespace exportd;
using namespace std::chrono_literals;

namespace {

struct hook_fixture {
    test::temporary_directory root;
    asio::io_context io;
    int idle = 0, succeeded = 0, failed = 0;
    std::string problem, last_line;
    hook_fixture() { std::filesystem::create_directory(root / ".exportd"); }
    publication_hook::handlers handlers() {
        return {.ended =
                    [this](hook_run::outcome const& how) {
                        ++(how.problem.empty() ? succeeded : failed);
                        problem = how.problem;
                        last_line = how.last_line;
                    },
                .idle = [this] { ++idle; }};
    }
    /// The limits are not to be met: only some tests are about them.
    static constexpr auto limit = 30s;
    static publication_hook::patience patient() { return {limit, 10s, 1h, 1h}; }
    publication_hook hook{io, root.path(), handlers(), patient()};

    void use(std::string const& command) { hook.set(command, limit); }

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
    /// Handles what happens until then.
    bool run_until(std::function<bool()> const& condition) {
        auto const end = std::chrono::steady_clock::now() + 60s;
        while (!condition() && std::chrono::steady_clock::now() < end) {
            io.restart();
            io.run_one_for(50ms);
        }
        return condition();
    }
    bool run_until_idle(int times = 1) {
        return run_until([&] { return idle == times; });
    }
    /// As a published tree has it.
    void write_metadata(std::uint64_t generation) const {
        notes_export::metadata published;
        published.generation = generation;
        std::ofstream{root / "metadata.json"} << published.text();
    }
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
    use("exit 3");
    publish(1);
    run_until_idle();
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
    publication_hook impatient{io, root.path(), handlers(), {3s, 200ms, 1h, 1h}};
    impatient.set("trap '' TERM; echo $$ > shell; sh -c 'trap \"\" TERM; echo $$ > child; while :; do sleep 1; done'",
                  3s);
    impatient.published(notes_export::publication{1, {}, 1, 0});
    auto const began = std::chrono::steady_clock::now();
    CHECK(run_until_idle());
    CHECK(std::chrono::steady_clock::now() - began < 15s);
    CHECK_FALSE(impatient.running());
    CHECK(failed == 1);
    CHECK(problem == "did not end within [hooks] timeout, 3 s");
    CHECK(gone("shell"));
    CHECK(gone("child"));
}

TEST_CASE_METHOD(hook_fixture, "publication_hook: how one ends that was taken away meanwhile is not told", "[hook]") {
    use("until [ -e go ]; do sleep 0.01; done; exit 1");
    publish(1);
    use("");
    std::ofstream{root / "go"};
    CHECK(run_until_idle());
    CHECK(failed == 0);
    use("echo again > ran"); // and it owes nothing
    run();
    CHECK(text("ran").empty());
}

TEST_CASE_METHOD(hook_fixture, "publication_hook: what a command leaves behind in its group ends with it", "[hook]") {
    use("sh -c 'echo $$ > child; exec sleep 1000' & until [ -s child ]; do sleep 0.01; done");
    publish(1);
    run();
    CHECK(idle == 1);
    CHECK(gone("child"));
}

TEST_CASE_METHOD(hook_fixture, "publication_hook: publications during a run lead to one more, with their sums",
                 "[hook]") {
    use("echo $OSM_NOTES_GENERATION $OSM_NOTES_FILES_WRITTEN >> runs");
    publish(1);
    publish(2);
    publish(3);
    run();
    CHECK(text("runs") == "1 1\n3 5\n");
    CHECK(succeeded == 2);
    CHECK(idle == 1);
}

TEST_CASE_METHOD(hook_fixture, "publication_hook: after stop() the run that waits does not begin", "[hook]") {
    use("echo x >> runs; exec sleep 1000");
    publish(1);
    publish(2);
    hook.stop();
    publish(3);
    run();
    CHECK(idle == 1);
    CHECK(text("runs").size() <= 2); // SIGTERM may come before the first word
}

TEST_CASE_METHOD(hook_fixture, "publication_hook: a directory that is gone is a failure, not an end", "[hook]") {
    publication_hook lost{io, root / "absent", handlers(), {limit, 10s, 1h, 1h}};
    lost.set("echo x > " + (root / "ran").string(), limit);
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
    use("echo x >> " + (root / "ran").string());
    publish(1);
    publish(1);
    hook.published(std::nullopt);
    run();
    CHECK(text("ran") == "x\n");
}

TEST_CASE_METHOD(hook_fixture, "publication_hook: no command, no run", "[hook]") {
    publish(1);
    CHECK_FALSE(hook.running());
    use("echo x >> runs");
    publish(2);
    publish(3);
    use(""); // by a reload while it runs
    run();
    CHECK(text("runs") == "x\n");
}

TEST_CASE_METHOD(hook_fixture, "publication_hook: what the shell began may end in peace when the shell dies of SIGTERM",
                 "[hook]") {
    // As git does with its index.lock. The shell has no handler, so it dies at once.
    use("sh -c 'trap \"sleep 0.3; rm lock; exit 1\" TERM; echo > lock; while :; do sleep 0.05; done'; echo never > "
        "after");
    publish(1);
    REQUIRE(run_until([&] { return std::filesystem::exists(root / "lock"); }));
    hook.stop();
    CHECK(run_until_idle());
    CHECK_FALSE(std::filesystem::exists(root / "lock"));
    CHECK_FALSE(std::filesystem::exists(root / "after"));
    CHECK(problem == "ended by signal 15");
}

TEST_CASE_METHOD(hook_fixture, "publication_hook: its last line is told, short and fit for a terminal", "[hook]") {
    use("for i in $(seq 300); do echo line $i; done; printf 'fatal: \\033[31mno route\\r\\n  \\n' >&2; exit 1");
    publish(1);
    REQUIRE(run_until([&] { return failed == 1; }));
    CHECK(last_line == "fatal: \\x1b[31mno route\\r");
    use("head -c 100000 /dev/zero | tr '\\0' x");
    REQUIRE(run_until([&] { return succeeded == 1; }));
    CHECK(last_line.size() <= 203);
    CHECK(last_line.starts_with("xxxx"));
    use("true");
    publish(2);
    REQUIRE(run_until([&] { return succeeded == 2; }));
    CHECK(last_line.empty());
}

TEST_CASE_METHOD(hook_fixture, "publication_hook: so may it when somebody else ends the shell alone", "[hook]") {
    use("echo $$ > shell; sh -c 'trap \"rm lock; exit 1\" TERM; echo > lock; while :; do sleep 0.05; done'; exit 0");
    publish(1);
    REQUIRE(run_until([&] { return std::filesystem::exists(root / "lock"); }));
    ::kill(std::stoi(text("shell")), SIGKILL);
    CHECK(run_until_idle());
    CHECK_FALSE(std::filesystem::exists(root / "lock"));
    CHECK(problem == "ended by signal 9");
}

TEST_CASE_METHOD(hook_fixture, "publication_hook: what ignores SIGTERM outlives the shell by its grace only",
                 "[hook]") {
    publication_hook strict{io, root.path(), handlers(), {limit, 300ms, 1h, 1h}};
    strict.set("sh -c 'trap \"\" TERM; echo $$ > child; while :; do sleep 1; done'", limit);
    strict.published(notes_export::publication{.generation = 1});
    REQUIRE(run_until([&] { return !text("child").empty(); }));
    strict.stop();
    CHECK(run_until_idle());
    CHECK(gone("child"));
}

TEST_CASE_METHOD(hook_fixture, "publication_hook: a run that failed is repeated with growing pauses", "[hook]") {
    publication_hook eager{io, root.path(), handlers(), {limit, 10s, 100ms, 400ms}};
    eager.set("echo $OSM_NOTES_GENERATION $OSM_NOTES_FILES_WRITTEN $(date +%s%N) >> runs; test $(wc -l < runs) -ge 5",
              limit);
    eager.published(notes_export::publication{.generation = 7, .files_written = 3});
    CHECK(run_until([&] { return succeeded == 1; }));
    CHECK(failed == 4);
    std::istringstream lines{text("runs")};
    std::vector<std::int64_t> pauses;
    std::int64_t before = 0;
    for (std::string generation, files, when; lines >> generation >> files >> when; before = std::stoll(when)) {
        CHECK(generation + ' ' + files == "7 3");
        if (before > 0)
            pauses.push_back((std::stoll(when) - before) / 1'000'000);
    }
    REQUIRE(pauses.size() == 4);
    CHECK(*std::ranges::min_element(pauses) >= 100); // each drawn from 100 ms to 100, 200, 400 and 400 ms
}

TEST_CASE_METHOD(hook_fixture,
                 "publication_hook: a publication does not wait for a pause, and brings what failed along", "[hook]") {
    use("echo $OSM_NOTES_GENERATION $OSM_NOTES_FILES_WRITTEN >> runs; test $OSM_NOTES_GENERATION -gt 1");
    publish(1);
    CHECK(run_until_idle(1));
    publish(2);
    CHECK(run_until_idle(2));
    CHECK(text("runs") == "1 1\n2 3\n");
}

TEST_CASE_METHOD(hook_fixture, "publication_hook: another command does not wait for a pause either", "[hook]") {
    use("exit 1");
    publish(1);
    CHECK(run_until_idle(1));
    use("exit 1"); // a reload that changes nothing
    CHECK_FALSE(hook.running());
    use("echo x > ran");
    CHECK(run_until_idle(2));
    CHECK(text("ran") == "x\n");
}

TEST_CASE_METHOD(hook_fixture, "publication_hook: the next process makes up for what was interrupted, once", "[hook]") {
    write_metadata(4);
    use("echo begun > ran; exec sleep 1000");
    hook.published(notes_export::publication{4, notes_export::cycle_mode::incremental, 12, 1});
    REQUIRE(run_until([&] { return !text("ran").empty(); }));
    hook.stop();
    CHECK(run_until_idle());
    for (int process = 0; process < 2; ++process) {
        publication_hook next{io, root.path(), handlers(), patient()};
        next.set("echo $OSM_NOTES_GENERATION $OSM_NOTES_MODE $OSM_NOTES_FILES_WRITTEN $OSM_NOTES_FILES_REMOVED >> runs",
                 limit);
        next.recall();
        next.make_up();
        CHECK(next.running() == (process == 0));
        io.restart();
        run();
        CHECK(text("runs") == "4 incremental 12 1\n");
    }
}

TEST_CASE_METHOD(hook_fixture, "publication_note: says what is owed", "[hook]") {
    using notes_export::owed_publication;
    auto const owed = [&] {
        auto const p = owed_publication(root.path());
        return p ? std::to_string(p->generation) + ' ' + std::string{to_string(p->mode)} + ' ' +
                       std::to_string(p->files_written) + ' ' + std::to_string(p->files_removed)
                 : "nothing";
    };
    CHECK(owed() == "nothing"); // nothing was published
    std::ofstream{root / "metadata.json"} << R"({"export_date": "2026-05-01T12:00:00Z"})";
    CHECK(owed() == "nothing"); // by us
    write_metadata(5);
    CHECK(owed() == "5 full 0 0"); // a kill came before the note, or a power failure took it
    notes_export::remember_owed(root.path(), {5, notes_export::cycle_mode::incremental, 3, 1});
    CHECK(owed() == "5 incremental 3 1");
    write_metadata(6); // a kill
    CHECK(owed() == "6 full 3 1");
    notes_export::remember_done(root.path(), 6);
    CHECK(owed() == "nothing");
    write_metadata(3); // a backup came back
    CHECK(owed() == "3 full 0 0");
    for (auto const* const torn : {"", "3", "3 do", "3 owed", "3 owed full 1", "3 done more\n", "3 owed full 1 1"}) {
        std::ofstream{root / ".exportd" / "acted_on"} << torn;
        CHECK(owed() == "3 full 0 0");
    }
    std::filesystem::remove_all(root / ".exportd");
    CHECK_THROWS(notes_export::remember_done(root.path(), 3));
    CHECK_FALSE(owed_publication(root / "absent"));
}
