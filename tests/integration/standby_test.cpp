// [run] standby: who waits, who takes over.
#include "support/catch.hpp"
#include "support/daemon_fixture.hpp"

#include <csignal>

namespace test {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view held_by = "another exporter serves schema";

} // namespace

TEST_CASE_METHOD(daemon_fixture, "standby: takes over the tree when its holder dies", "[standby][daemon][db]") {
    daemon_process first{root.path(), settings};
    first.wait_settled();
    settings.standby = "true";
    notify_socket const systemd{root / "notify"};
    daemon_process second{root.path(), settings, systemd.environment()};
    second.wait_for_event("standby");
    CHECK(systemd.wait_for("READY=1"));
    CHECK(systemd.wait_for("STATUS=Standby: "));
    auto const u = nth_user(0);
    change_user(u.key, 4711);
    first.process().signal(SIGKILL);
    auto const died = std::chrono::steady_clock::now();
    second.wait_for_event("took_over");
    CHECK(std::chrono::steady_clock::now() - died < 5s);
    wait_published(second, u, 4711);
    CHECK(second.count("standby") == 1);
    CHECK(second.count("cycle_failed") == 0);
    serve(second);
    CHECK(verify().clean());
}

TEST_CASE_METHOD(daemon_fixture, "standby: on another host the database's lock decides", "[standby][daemon][db]") {
    daemon_process first{root.path(), settings};
    first.wait_settled();
    settings.standby = "true";
    settings.directory = root / "other"; // the file lock of another host is not seen here
    daemon_process second{root.path(), settings};
    second.wait_for_event("standby");
    auto const record = second.log().back();
    CHECK_FALSE(std::filesystem::exists(root / "other/metadata.json"));
    first.process().signal(SIGKILL);
    auto const died = std::chrono::steady_clock::now();
    second.wait_for_event("took_over");
    CHECK(std::chrono::steady_clock::now() - died < 5s);
    CHECK(std::filesystem::exists(root / "other/metadata.json"));
    CHECK(count_where(second.log(), "event", "standby") == 1);
    bool named = false;
    for (auto const& r : second.log())
        named = named || (r.event == "standby" && r.field("error").find(held_by) == 0);
    CHECK(named);
}

TEST_CASE_METHOD(daemon_fixture, "standby: SIGTERM ends it while it waits", "[standby][daemon][db]") {
    daemon_process first{root.path(), settings};
    first.wait_settled();
    settings.standby = "true";
    settings.directory = root / "other";
    daemon_process second{root.path(), settings};
    second.wait_for_event("standby");
    second.process().signal(SIGTERM);
    CHECK(second.process().wait_exit(5s) == 0);
    run_cycle(first);
}

TEST_CASE_METHOD(daemon_fixture, "standby: a holder whose session was ended stands back for the one that took over",
                 "[standby][daemon][db]") {
    settings.standby = "true";
    daemon_process first{root.path(), settings};
    first.wait_settled();
    auto other = settings;
    other.directory = root / "other";
    daemon_process second{root.path(), other};
    second.wait_for_event("standby");
    auto const before = files();
    db.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name LIKE '%:" +
            std::to_string(first.process().pid()) + ": writer'");
    second.wait_for_event("took_over");
    change_user(nth_user(0).key, 4711);
    notify();
    first.wait_for_event("standby");
    CHECK(files() == before);
    second.process().signal(SIGTERM);
    first.wait_for_event("took_over");
    wait_published(first, nth_user(0), 4711);
}

} // namespace test
