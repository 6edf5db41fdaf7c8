// Very many notifications, and odd ones.
#include "support/catch.hpp"
#include "support/fault_fixture.hpp"
#include "support/process_figures.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>

namespace test {

namespace {

using namespace std::chrono_literals;

std::string hex(std::string const& bytes) {
    std::string text;
    for (unsigned char const c : bytes) {
        text += "0123456789abcdef"[c >> 4];
        text += "0123456789abcdef"[c & 15];
    }
    return text;
}

struct storm_fixture : fault_fixture {
    /// Eight clients, each of which sends that many notifications, one per transaction.
    std::chrono::steady_clock::duration storm(int each) {
        auto const script = root / "notify.sql";
        std::ofstream{script} << "NOTIFY osm_notes_export, 'storm';\n";
        auto const begin = std::chrono::steady_clock::now();
        auto const command = "/usr/lib/postgresql/*/bin/pgbench -n -c 8 -j 1 -t " + std::to_string(each) + " -f " +
                             script.string() + " 'host=" + test_database::host() +
                             " user=postgres dbname=" + db.name() + "' >" + (root / "pgbench.log").string() + " 2>&1";
        if (std::system(command.c_str()) != 0)
            throw std::runtime_error{read_file(root / "pgbench.log")};
        return std::chrono::steady_clock::now() - begin;
    }
};

} // namespace

TEST_CASE_METHOD(storm_fixture, "notification storm: 100,000 lead to few cycles and no growth", "[fault][daemon][db]") {
    settings.debounce = "500ms";
    settings.max_delay = "1s";
    settings.log_level = "info"; // a record per notification would be most of the work
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    storm(1250);
    auto const resident = resident_kb(daemon.process().pid());
    auto const cycles = daemon.cycles();
    auto const u = nth_user(0);
    auto const took = storm(11'250);
    change_user(u.key, 4711);
    notify();
    wait_published(daemon, u, 4711);
    CHECK(daemon.cycles() - cycles <= static_cast<std::size_t>(took / 1s) + 3);
    if (frees_memory_at_once)
        CHECK(resident_kb(daemon.process().pid()) <= resident + 4096);
    CHECK(notification_queue_usage() < 0.001);
    CHECK(one_idle_listener());
}

TEST_CASE_METHOD(fault_fixture, "notification storm: a steady stream is served at least every max_delay",
                 "[fault][daemon][db]") {
    settings.debounce = "1s";
    settings.max_delay = "2s";
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const cycles = daemon.cycles();
    auto const u = nth_user(0);
    auto const begin = std::chrono::steady_clock::now();
    int value = 0;
    for (auto next = begin; next < begin + 12s; next += 500ms) {
        wait_until([&] { return std::chrono::steady_clock::now() >= next; });
        change_user(u.key, ++value);
        notify("steady " + std::to_string(value));
    }
    auto const end = std::chrono::system_clock::now();
    wait_published(daemon, u, value); // the one after the last
    // With the debounce alone there would be none: it ends a second after the last.
    auto const within = std::ranges::count_if(daemon.log(), [&](auto const& record) {
        return record.event == "cycle_finished" && record.field("files") != "0" && record.cycle_began() < end;
    });
    CHECK(within >= 3); // the first cycle of the daemon is one of them
    CHECK(daemon.cycles() <= cycles + 9);
}

// A client that does not read pins the horizon of VACUUM, and fills the server's queue.
TEST_CASE_METHOD(fault_fixture, "notification storm: notifications are read while a cycle takes its time",
                 "[fault][daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const u = nth_user(0);
    publication_hold hold{tree()};
    change_user(u.key, 4711);
    notify();
    daemon.wait_for("a held cycle", [&] { return hold.holds_a_cycle(); });
    db.exec("DO $$ BEGIN FOR i IN 1..6000 LOOP PERFORM pg_notify('osm_notes_export', rpad(i::text, 7900, 'x'));"
            " END LOOP; END $$");
    daemon.wait_for_event("notified", 6001);
    CHECK(hold.holds_a_cycle());
    CHECK(db.value("SELECT coalesce(wait_event, '') " + sessions("listener")) == "ClientRead");
    CHECK(one_idle_listener());
    CHECK(notification_queue_usage() < 0.001);
    hold.release();
    wait_published(daemon, u, 4711);
}

TEST_CASE_METHOD(fault_fixture, "notification storm: odd payloads are hints like any other, cut and escaped in the log",
                 "[fault][daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    std::vector<std::string> payloads{"",
                                      std::string(7999, 'x'),
                                      R"({"full":tru)",
                                      R"({"full":"true"})",
                                      "[[[[[[",
                                      "first line\nevent=stopped second line\r\n",
                                      "\x1b[2J\x1b]0;title\x07 \x01",
                                      "\xe2\x80\xa8 \xe2\x80\xae \xc3\xa9"};
    payloads.insert(payloads.end(), 10, "the same");
    auto const u = nth_user(0);
    int value = 4711;
    for (auto const& payload : payloads) {
        CAPTURE(payload);
        auto const before = daemon.count("notified");
        change_user(u.key, ++value);
        db.exec("SELECT pg_notify('osm_notes_export', " +
                (payload.empty() ? std::string{"''"} : "convert_from('\\x" + hex(payload) + "', 'UTF8')") + ")");
        wait_published(daemon, u, value);
        daemon.wait_for_event("notified", before + 1);
        auto const log = daemon.log();
        auto const last = std::find_if(log.rbegin(), log.rend(), [](auto const& r) { return r.event == "notified"; });
        CHECK(last->field("payload") == payload.substr(0, 200));
        CHECK(count(daemon, "cycle_finished", "reason", "requested") == 0);
    }
    CHECK(daemon.stop() == 0); // what follows is about all that it said
    auto const text = daemon.process().errors();
    CHECK(std::ranges::none_of(text, [](unsigned char c) { return (c < 0x20 && c != '\n') || c == 0x7f; }));
    std::size_t lines = 0;
    for (auto const c : text)
        lines += c == '\n' ? 1U : 0U;
    CHECK(daemon.log().size() == lines); // no line but whole records
}

TEST_CASE_METHOD(fault_fixture, "notification storm: a payload cannot write lines into a text log",
                 "[fault][daemon][db]") {
    settings.log_format = "text";
    daemon_process daemon{root.path(), settings};
    auto const u = nth_user(0);
    daemon.wait_for("LISTEN",
                    [&] { return daemon.process().errors().find("Listening for notifications") != std::string::npos; });
    change_user(u.key, 4711);
    notify("one\ntwo\x1b[31m\rthree");
    wait_published(daemon, u, 4711);
    auto const text = daemon.process().errors();
    CHECK(text.find("\ntwo") == std::string::npos);
    CHECK(std::ranges::none_of(text, [](unsigned char c) { return (c < 0x20 && c != '\n') || c == 0x7f; }));
}

} // namespace test
