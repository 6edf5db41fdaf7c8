// Signals, and who may run beside whom.
#include "support/catch.hpp"
#include "support/daemon_fixture.hpp"

#include <chrono>
#include <csignal>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace test {

namespace {

using namespace std::chrono_literals;

/// A server that takes connections and never says a word.
class silent_server {
public:
    explicit silent_server(std::filesystem::path const& directory)
        : m_fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        auto const path = (directory / ".s.PGSQL.5432").string();
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        if (m_fd < 0 || ::bind(m_fd, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0 ||
            ::listen(m_fd, 16) != 0)
            throw std::runtime_error{"no silent server at " + path};
    }
    ~silent_server() { ::close(m_fd); }
    silent_server(silent_server const&) = delete;
    silent_server& operator=(silent_server const&) = delete;

    bool has_client() const {
        pollfd waiting{m_fd, POLLIN, 0};
        return ::poll(&waiting, 1, 0) == 1;
    }

private:
    int m_fd;
};

std::size_t full_cycles(daemon_process const& daemon) {
    std::size_t n = 0;
    for (auto const& record : daemon.log())
        n += record.event == "cycle_finished" && record.field("mode") == "full" ? 1U : 0U;
    return n;
}

} // namespace

TEST_CASE_METHOD(daemon_fixture, "daemon: SIGTERM ends an idle daemon within 5 s, exit 0", "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    daemon.process().signal(SIGTERM);
    CHECK(daemon.process().wait_exit(5s) == 0);
    CHECK(daemon.log().back().event == "stopped");
}

TEST_CASE_METHOD(daemon_fixture, "daemon: SIGTERM abandons a cycle that has not begun to publish", "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const before = files();
    publication_hold hold{tree()};
    change_user(nth_user(0).key, 4711);
    notify();
    daemon.wait_for("a held cycle", [&] { return hold.holds_a_cycle(); });
    daemon.process().signal(SIGTERM);
    CHECK(daemon.process().wait_exit(5s) == 0);
    CHECK(daemon.count("cycle_stopped") == 1);
    CHECK(db.pending() == 1);
    CHECK(files() == before);
    CHECK_FALSE(hold.holds_a_cycle()); // its staged files are gone
}

TEST_CASE_METHOD(daemon_fixture, "daemon: SIGTERM while the database refuses connections ends it within 2 s, exit 0",
                 "[daemon][db]") {
    settings.conninfo = "host=" + root.path().string() + " user=postgres dbname=absent";
    daemon_process daemon{root.path(), settings};
    daemon.wait_for_event("cycle_failed");
    daemon.process().signal(SIGTERM);
    CHECK(daemon.process().wait_exit(2s) == 0);
}

TEST_CASE_METHOD(daemon_fixture, "daemon: SIGTERM while the database does not answer ends it within 2 s, exit 0",
                 "[daemon][db]") {
    silent_server const server{root.path()};
    settings.conninfo = "host=" + root.path().string() + " user=postgres dbname=silent";
    daemon_process daemon{root.path(), settings};
    daemon.wait_for_event("started");
    CHECK(wait_until([&] { return server.has_client(); }));
    daemon.process().signal(SIGTERM);
    CHECK(daemon.process().wait_exit(2s) == 0);
}

TEST_CASE_METHOD(daemon_fixture, "daemon: SIGTERM while the cycle waits for a locked table ends it within 2 s, exit 0",
                 "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    db.exec("BEGIN; LOCK TABLE dwh.datamartusers IN ACCESS EXCLUSIVE MODE");
    daemon.process().signal(SIGUSR1);
    daemon.wait_for("a cycle that waits", [&] { return db.somebody_waits(); });
    daemon.process().signal(SIGTERM);
    CHECK(daemon.process().wait_exit(2s) == 0);
    db.exec("ROLLBACK");
}

TEST_CASE_METHOD(daemon_fixture, "daemon: SIGHUP makes a full export that mends the tree and touches nothing else",
                 "[daemon][db]") {
    notify_socket const systemd{root / "notify"};
    daemon_process daemon{root.path(), settings, systemd.environment()};
    daemon.wait_settled();
    auto const u = nth_user(2);
    auto const text = file(u.path);
    auto before = files();
    std::filesystem::remove(tree() / u.path);
    daemon.process().signal(SIGHUP);
    daemon.wait_for_event("cycle_finished", 3);
    CHECK(file(u.path) == text);
    auto after = files();
    for (auto const& path : {u.path, std::string{"metadata.json"}}) {
        before.erase(path);
        after.erase(path);
    }
    CHECK(after == before);
    CHECK(systemd.received("RELOADING=1").size() == 1);
    CHECK(systemd.received("READY=1").size() == 2);
}

TEST_CASE_METHOD(daemon_fixture, "daemon: any number of SIGHUPs during a cycle lead to exactly one full cycle",
                 "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const cycles = daemon.cycles();
    auto const full = full_cycles(daemon);
    publication_hold hold{tree()};
    change_user(nth_user(0).key, 4711);
    notify();
    daemon.wait_for("a held cycle", [&] { return hold.holds_a_cycle(); });
    for (std::size_t i = 1; i <= 50; ++i) {
        daemon.process().signal(SIGHUP);
        daemon.wait_for_event("full_requested", i); // a signal that is sent while another is pending is lost
    }
    hold.release();
    daemon.wait_for_event("cycle_finished", cycles + 2);
    run_cycle(daemon); // a further one would have begun before
    CHECK(daemon.cycles() == cycles + 3);
    CHECK(full_cycles(daemon) == full + 1);
}

TEST_CASE_METHOD(daemon_fixture, "daemon: SIGHUP takes over what can change at run time", "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    settings.poll_interval = "1s";
    settings.write(daemon.config_file());
    daemon.process().signal(SIGHUP);
    daemon.wait_for_event("cycle_finished", 4); // the fourth one is the timer's
    CHECK(daemon.count("reload_failed") + daemon.count("restart_needed") == 0);
}

TEST_CASE_METHOD(daemon_fixture, "daemon: without polling the heartbeat of metadata.json comes all the same",
                 "[daemon][db]") {
    settings.poll_interval = "0";
    settings.more = "[output]\nmetadata_heartbeat = 1s\n";
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const before = file("metadata.json");
    daemon.wait_for("a new metadata.json", [&] { return file("metadata.json") != before; });
}

TEST_CASE_METHOD(daemon_fixture, "daemon: SIGHUP takes over runs_retention and index_max_size", "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    db.exec("UPDATE dwh.json_export_runs SET finished_at = now() - interval '2 hours', reason = 'old', result ="
            " 'failure'");
    settings.more = "[database]\nruns_retention = 1h\n";
    settings.index_max_size = "1kB";
    settings.write(daemon.config_file());
    change_user(nth_user(0).key, 4711);
    daemon.process().signal(SIGHUP); // the full export that follows is recorded
    daemon.wait_for_event("cycle_finished", 3);
    CHECK(db.number("SELECT count(*) FROM dwh.json_export_runs WHERE reason = 'old'") == 0);
    CHECK(daemon.count("index_refused") == 1);
}

TEST_CASE_METHOD(daemon_fixture, "daemon: SIGHUP with a broken configuration names every mistake and changes nothing",
                 "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    settings.debounce = "soon";
    settings.poll_interval = "1s";
    settings.max_delay = "yesterday";
    settings.write(daemon.config_file());
    daemon.process().signal(SIGHUP);
    daemon.wait_for_event("cycle_finished", 3);
    CHECK(daemon.count("setting_refused") == 2);
    auto const log = daemon.log();
    CHECK(count_where(log, "message",
                      daemon.config_file().string() + ":" + settings.line_of("debounce") +
                          ": [schedule] debounce: \"soon\" is not a duration (write 500ms, 10s, 5min, 6h)") == 1);
    CHECK(count_where(log, "event", "reload_failed") == 1);
    run_cycle(daemon);
    CHECK(daemon.cycles() == 4);
}

TEST_CASE_METHOD(daemon_fixture, "daemon: SIGHUP with schemas that cannot be used takes over nothing else either",
                 "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    settings.schema_dir = root / "none";
    settings.log_level = "info";
    settings.poll_interval = "1s";
    settings.write(daemon.config_file());
    daemon.process().signal(SIGHUP);
    daemon.wait_for_event("cycle_finished", 3);
    CHECK(daemon.count("reload_failed") == 1);
    CHECK(daemon.count("setting_refused") > 0);
    notify();
    daemon.wait_for_event("notified"); // which only stands in a log of level debug
}

TEST_CASE_METHOD(daemon_fixture, "daemon: SIGUSR1 runs one incremental cycle", "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const u = nth_user(9);
    change_user(u.key, 4711);
    daemon.process().signal(SIGUSR1);
    daemon.wait_for_event("cycle_finished", 3);
    CHECK(daemon.log().back().field("mode") == "incremental");
    CHECK(file(u.path).find("\"history_whole_open\":4711,") != std::string::npos);
    run_cycle(daemon);
    CHECK(daemon.cycles() == 4);
}

TEST_CASE_METHOD(daemon_fixture, "daemon: signals that mean nothing to it do nothing", "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    for (int const signal : {SIGUSR2, SIGALRM})
        daemon.process().signal(signal);
    serve(daemon);
    daemon.process().signal(SIGTERM);
    CHECK(daemon.process().wait_exit(10s) == 0);
}

TEST_CASE_METHOD(daemon_fixture, "daemon: a second one on the same tree exits 75 and names the first", "[daemon][db]") {
    daemon_process first{root.path(), settings};
    first.wait_settled();
    test_database other;
    settings.conninfo = other.conninfo();
    daemon_process second{root.path(), settings};
    CHECK(second.process().wait_exit() == 75);
    CHECK(second.process().errors().find("in use by process " + std::to_string(first.process().pid()) + " on ") !=
          std::string::npos);
    run_cycle(first);
}

TEST_CASE_METHOD(daemon_fixture, "daemon: a second one for the same database exits 75 and names the first",
                 "[daemon][db]") {
    daemon_process first{root.path(), settings};
    first.wait_settled();
    settings.directory = root / "other";
    daemon_process second{root.path(), settings};
    CHECK(second.process().wait_exit() == 75);
    CHECK(second.process().errors().find(':' + std::to_string(first.process().pid()) + ": writer") !=
          std::string::npos);
    CHECK_FALSE(std::filesystem::exists(root / "other/metadata.json"));
    run_cycle(first);
}

TEST_CASE_METHOD(daemon_fixture, "daemon: after SIGKILL in a cycle a new one starts at once and completes it",
                 "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const u = nth_user(0);
    publication_hold hold{tree()};
    change_user(u.key, 4711);
    notify();
    daemon.wait_for("a held cycle", [&] { return hold.holds_a_cycle(); });
    daemon.process().signal(SIGKILL);
    CHECK(daemon.process().wait_exit() == -SIGKILL);
    hold.release();
    daemon_process next{root.path(), settings};
    next.wait_settled();
    CHECK(file(u.path).find("\"history_whole_open\":4711,") != std::string::npos);
    CHECK(next.count("cycle_failed") == 0);
    CHECK(verify().clean());
}

} // namespace test
