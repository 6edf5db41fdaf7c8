// Whoever starts the program may have ignored or blocked signals. It does not take that over.
#include "support/catch.hpp"
#include "support/daemon_fixture.hpp"

#include <chrono>
#include <csignal>
#include <optional>

namespace test {

namespace {

using namespace std::chrono_literals;

/// What children are started with, while it lives.
class inherited_signals {
public:
    inherited_signals(std::vector<int> const& ignored, std::vector<int> const& blocked) {
        sigset_t mask;
        sigemptyset(&mask);
        for (int const signal : blocked)
            sigaddset(&mask, signal);
        pthread_sigmask(SIG_BLOCK, &mask, &m_mask);
        for (int const signal : ignored)
            m_handlers.emplace_back(signal, ::signal(signal, SIG_IGN));
    }
    ~inherited_signals() {
        for (auto const& [signal, handler] : m_handlers)
            ::signal(signal, handler);
        pthread_sigmask(SIG_SETMASK, &m_mask, nullptr);
    }
    inherited_signals(inherited_signals const&) = delete;
    inherited_signals& operator=(inherited_signals const&) = delete;

private:
    sigset_t m_mask{};
    std::vector<std::pair<int, void (*)(int)>> m_handlers;
};

std::vector<int> const many{SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGTSTP, SIGWINCH};

constexpr unsigned long just_pipe = 1UL << (SIGPIPE - 1U);

/// A set of /proc/PID/status. What the C library keeps for itself, above the standard ones, nobody can change.
unsigned long signals_of(std::string const& status, std::string const& name) {
    constexpr unsigned long standard = (1UL << 31U) - 1;
    auto const line = status.find("\n" + name + ":\t");
    REQUIRE(line != std::string::npos);
    return std::stoul(status.substr(line + name.size() + 3), nullptr, 16) & standard;
}

} // namespace

TEST_CASE_METHOD(daemon_fixture, "signals: with SIGCHLD ignored a failing command is a failure", "[daemon][db]") {
    settings.more = "[hooks]\nafter_publish = exit 3\n";
    SECTION("of the daemon") {
        std::optional<inherited_signals> odd{std::in_place, std::vector{SIGCHLD}, many};
        daemon_process daemon{root.path(), settings};
        odd.reset();
        daemon.wait_for_event("hook_failed");
        CHECK(daemon.count("hook_finished") == 0);
        for (auto const& record : daemon.log())
            if (record.event == "hook_failed")
                CHECK(record.field("status") == "3");
        CHECK(daemon.stop() == 0);
    }
    SECTION("of once") {
        settings.write(root / "once.conf");
        std::optional<inherited_signals> odd{std::in_place, std::vector{SIGCHLD}, std::vector<int>{}};
        child_process once{root / "once", {"once", "--config", (root / "once.conf").string()}};
        odd.reset();
        CHECK(once.wait_exit() == 0);
        CHECK(once.errors().find("\"status\":3") != std::string::npos);
    }
}

TEST_CASE_METHOD(daemon_fixture, "signals: those that were blocked or ignored at start do what they do",
                 "[daemon][db]") {
    bool const blocked = GENERATE(true, false);
    std::optional<inherited_signals> odd{std::in_place, blocked ? std::vector<int>{} : many,
                                         blocked ? many : std::vector<int>{}};
    daemon_process daemon{root.path(), settings};
    odd.reset();
    daemon.wait_settled();
    daemon.process().signal(SIGUSR1);
    daemon.wait_for_event("cycle_requested");
    daemon.process().signal(SIGHUP);
    daemon.wait_for_event("full_requested");
    auto const status = read_file("/proc/" + std::to_string(daemon.process().pid()) + "/status");
    CHECK(signals_of(status, "SigBlk") == 0);
    CHECK(signals_of(status, "SigIgn") == just_pipe);
    daemon.process().signal(SIGTERM);
    CHECK(daemon.process().wait_exit(10s) == 0);
}

TEST_CASE_METHOD(daemon_fixture, "signals: a command begins with none blocked and none ignored", "[daemon][db]") {
    settings.more = "[hooks]\nafter_publish = cat /proc/self/status > " + (root / "status").string() + "\n";
    std::optional<inherited_signals> odd{std::in_place, many, many};
    daemon_process daemon{root.path(), settings};
    odd.reset();
    daemon.wait_for_event("hook_finished");
    auto const status = read_file(root / "status");
    CHECK(signals_of(status, "SigBlk") == 0);
    CHECK(signals_of(status, "SigIgn") == 0);
}

TEST_CASE_METHOD(daemon_fixture, "signals: nohup still keeps the hangup of a terminal away from a command",
                 "[daemon][db]") {
    settings.more = "[hooks]\nafter_publish = echo > " + (root / "begun").string() + "; until [ -e " +
                    (root / "go").string() + " ]; do sleep 0.02; done\n";
    settings.write(root / "once.conf");
    std::optional<inherited_signals> odd{std::in_place, std::vector{SIGHUP}, std::vector<int>{}};
    child_process once{root / "once", {"once", "--config", (root / "once.conf").string()}};
    odd.reset();
    REQUIRE(wait_until([&] { return std::filesystem::exists(root / "begun"); }));
    once.signal(SIGHUP);
    std::ofstream{root / "go"}.flush();
    CHECK(once.wait_exit() == 0);
}

} // namespace test
