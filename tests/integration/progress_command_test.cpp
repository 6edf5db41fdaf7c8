// Progress of long commands, and colours: on a terminal, and where there is none.
#include "support/catch.hpp"
#include "support/daemon_fixture.hpp"
#include "support/other_session.hpp"
#include "support/terminal.hpp"
#include "support/thrown_message.hpp"

#include <csignal>

namespace test {

namespace {

struct slow_fixture : daemon_fixture {
    slow_fixture() { settings.write(root / "slow.conf"); }

    /// Until go_on() a command waits for the tables.
    void hold() { other.run("BEGIN; LOCK TABLE dwh.datamartusers IN ACCESS EXCLUSIVE MODE"); }
    void go_on() { other.run("ROLLBACK"); }
    std::vector<std::string> words(std::vector<std::string> arguments) const {
        arguments.insert(arguments.end(), {"--config", (root / "slow.conf").string()});
        return arguments;
    }

    other_session other{db.conninfo(), "SELECT 1"};
    std::map<std::string, std::string> const xterm{{"TERM", "xterm"}};
};

bool shows(terminal const& t, std::string const& text) {
    return wait_until([&] { return contains(t.seen(), text); });
}

} // namespace

TEST_CASE_METHOD(slow_fixture, "progress: a bar on a terminal, of which nothing is left", "[command][terminal][db]") {
    db.exec("INSERT INTO dwh.datamartusers (dimension_user_id, user_id, username, history_whole_open,"
            " history_whole_closed) SELECT n, n, 'user ' || n, 1, 1 FROM generate_series(910001, 925000) n");
    settings.more = "[export]\nworkers = 1\nvalidation = off\n";
    settings.write(root / "slow.conf");
    terminal t{words({"once", "--set", "log.level=error"}), 100, xterm};
    CHECK(t.wait_exit() == 0);
    INFO(t.seen());
    CHECK(contains(t.seen(), "\rread "));
    CHECK(contains(t.seen(), " of 150"));
    CHECK(contains(t.seen(), "\033[32m#"));
    auto const left = screen(t.seen());
    CHECK_FALSE(contains(left, "read "));
    CHECK_FALSE(contains(left, "#"));
    CHECK(left.starts_with("users: 15030 exported"));
}

TEST_CASE_METHOD(slow_fixture, "progress: a command that waits shows since when", "[command][terminal][db]") {
    run_command({"once"});
    bool const verifies = GENERATE(false, true);
    hold();
    terminal t{words({verifies ? "verify" : "once"}), 80, xterm};
    CHECK(shows(t, verifies ? "read 0 % [---" : "\rdetect  "));
    CHECK(shows(t, "  1 s"));
    go_on();
    CHECK(t.wait_exit() == 0);
    CHECK_FALSE(contains(screen(t.seen()), verifies ? "read" : "detect"));
}

TEST_CASE_METHOD(slow_fixture, "progress: an interrupted command leaves no half line", "[command][terminal][db]") {
    run_command({"once"});
    hold();
    terminal t{words({"verify"}), 80, xterm};
    CHECK(shows(t, "read 0 %"));
    SECTION("asked once") {
        t.type("\003");
        CHECK(t.wait_exit() == 3);
        CHECK(contains(screen(t.seen()), "osm-notes-exportd: stopped before the end"));
    }
    SECTION("asked twice") {
        ::kill(t.pid(), SIGINT);
        ::kill(t.pid(), SIGTERM);
        CHECK(t.wait_exit().has_value());
    }
    CHECK_FALSE(contains(screen(t.seen()), "read 0 %"));
    go_on();
}

TEST_CASE_METHOD(slow_fixture, "progress: NO_COLOR, and the width of the terminal", "[command][terminal][db]") {
    run_command({"once"});
    hold();
    auto environment = xterm;
    environment["NO_COLOR"] = "1";
    terminal t{words({"verify"}), 10, environment};
    CHECK(shows(t, "read 0 %"));
    CHECK_FALSE(contains(t.seen(), "\033[3"));
    CHECK_FALSE(contains(t.seen(), "  1 s"));
    t.resize(80);
    CHECK(shows(t, "  1 s"));
    go_on();
    CHECK(t.wait_exit() == 0);
}

TEST_CASE_METHOD(slow_fixture, "progress: a dumb terminal, and short work, get no control sequence",
                 "[command][terminal][db]") {
    auto const environment = GENERATE(std::map<std::string, std::string>{{"TERM", "dumb"}},
                                      std::map<std::string, std::string>{{"TERM", ""}});
    run_command({"once"});
    terminal t{words({"verify"}), 80, environment};
    CHECK(t.wait_exit() == 0);
    CHECK(t.seen() == "clean: 41 files checked, 0 differences\r\n");
}

TEST_CASE_METHOD(slow_fixture, "colours: status and check on a terminal, unless NO_COLOR is set",
                 "[command][terminal][db]") {
    run_command({"once"});
    auto const [command, painted] = GENERATE(table<std::string, std::string>(
        {{"status", "\033[31mDaemon     not running"}, {"check", "\033[32mok\033[0m       user: "}}));
    auto const shown_with = [&, words = words({command})](std::map<std::string, std::string> const& environment) {
        terminal t{words, 100, environment};
        CHECK(t.wait_exit().has_value());
        return t.seen();
    };
    CHECK(contains(shown_with(xterm), painted));
    auto plain = xterm;
    plain["NO_COLOR"] = "1";
    CHECK_FALSE(contains(shown_with(plain), "\033["));
    CHECK_FALSE(contains(run_command({command}).output, "\033["));
}

TEST_CASE_METHOD(slow_fixture, "status --watch: a dumb terminal gets no control sequence", "[command][terminal][db]") {
    auto const environment = GENERATE(std::map<std::string, std::string>{{"TERM", "dumb"}},
                                      std::map<std::string, std::string>{{"TERM", ""}});
    terminal t{words({"status", "--watch"}), 80, environment};
    auto const blocks = [&] {
        auto const text = t.seen();
        return text.find("Daemon     ") != text.rfind("Daemon     ");
    };
    CHECK(wait_until(blocks));
    CHECK_FALSE(contains(t.seen(), "\033"));
    t.type("\003");
    CHECK(t.wait_exit() == -SIGINT);
}

TEST_CASE_METHOD(slow_fixture, "signals: a command leaves those that mean nothing to it alone", "[command][db]") {
    run_command({"once"});
    hold();
    child_process command{root / "once", words({"once"})};
    CHECK(wait_until([&] {
        return db.number("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                         " AND datname = current_database()") > 0;
    }));
    for (int const signal : {SIGUSR2, SIGALRM})
        command.signal(signal);
    command.signal(SIGINT);
    CHECK(command.wait_exit() == 1); // and it still can be interrupted
    CHECK(contains(command.errors(), "osm-notes-exportd: stopped"));
    go_on();
}

TEST_CASE_METHOD(slow_fixture, "progress: without a terminal a line every ten seconds, and none of short work",
                 "[slow][command][db]") {
    CHECK_FALSE(contains(run_command({"once"}).errors, "read: "));
    hold();
    child_process command{root / "verify", words({"verify"})};
    CHECK(wait_until([&] { return contains(command.errors(), "read: "); }, milliseconds{25'000}));
    go_on();
    CHECK(command.wait_exit() == 0);
    CHECK(command.errors().starts_with("read: 0 of 36 rows (0 %), 10 s so far\n"));
    CHECK(command.output() == "clean: 41 files checked, 0 differences\n");
}

TEST_CASE_METHOD(daemon_fixture, "progress: systemd is told of a cycle that takes long, and of its end",
                 "[command][daemon][db]") {
    run_command({"once"});
    notify_socket const systemd{root / "notify"};
    daemon_process daemon{root.path(), settings, systemd.environment()};
    daemon.wait_settled();
    publication_hold hold{tree()};
    change_user(nth_user(3).key, 4711);
    notify();
    daemon.wait_for("a held cycle", [&] { return hold.holds_a_cycle(); });
    auto const said = [&](std::string const& part) {
        return wait_until([&] {
            auto const lines = systemd.received("STATUS=");
            return !lines.empty() && contains(lines.back(), part);
        });
    };
    CHECK(said(" is running, publish: 1 of 1 rows (100 %), "));
    hold.release();
    CHECK(said("Up to date, "));
}

} // namespace test
