// Verification beside an exporter that publishes meanwhile: it finds what is wrong, and nothing else.
#include "support/catch.hpp"

#include "support/export_fixture.hpp"
#include "support/other_session.hpp"
#include "support/thrown_message.hpp"
#include "support/wait_until.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <future>
#include <optional>
#include <stop_token>
#include <thread>

using namespace notes_export;

namespace {

/// Profiles come from a view in which one row can be kept from verifications, and from nobody else.
struct gate_fixture : test::export_fixture {
    user behind_gate = nth_user(7);
    std::optional<exporter> e;

    gate_fixture() {
        db.exec("CREATE FUNCTION dwh.gate(bigint) RETURNS int LANGUAGE plpgsql AS $$ BEGIN"
                " IF $1 = " +
                std::to_string(behind_gate.id) +
                " AND current_setting('application_name') LIKE 'verify%' THEN"
                " PERFORM pg_advisory_lock_shared(4711); PERFORM pg_advisory_unlock_shared(4711); END IF;"
                " RETURN 1; END $$; DROP VIEW dwh.datamartusers_export; CREATE VIEW dwh.datamartusers_export AS"
                " SELECT d.*, dwh.gate(user_id) AS gate FROM dwh.datamartusers d");
        e.emplace(config());
        e->run({});
    }

    std::future<verify_report> begin_verify() {
        auto c = config();
        c.application_name = "verify";
        return std::async(std::launch::async, [c] { return notes_export::verify(c); });
    }
    bool at_gate() {
        return test::wait_until([&] {
            return db.number("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                             " AND mode = 'ShareLock' AND database ="
                             " (SELECT oid FROM pg_database WHERE datname = current_database())") == 1;
        });
    }
    /// Fails, rather than waits for ever, when somebody keeps publications out.
    cycle_report publish() {
        std::stop_source stop;
        std::atomic<bool> done{false};
        std::jthread const watch{[&] {
            if (!test::wait_until([&] { return done.load(); }))
                stop.request_stop();
        }};
        try {
            auto report = e->run({}, stop.get_token());
            done = true;
            return report;
        } catch (...) {
            done = true;
            throw;
        }
    }
};

/// Holds the gate shut.
class shut_gate {
public:
    explicit shut_gate(test::other_session& s) : m_session{s} { shut(); }
    ~shut_gate() { open(); }
    shut_gate(shut_gate const&) = delete;
    shut_gate& operator=(shut_gate const&) = delete;
    void shut() { m_session.run("SELECT pg_advisory_lock(4711)"); }
    void open() { m_session.run("SELECT pg_advisory_unlock_all()"); }
    /// Whoever waits goes through, and is kept out the next time.
    void let_one_through() {
        open();
        shut();
    }

private:
    test::other_session& m_session;
};

std::string first_drift(verify_report const& r) {
    return r.drifts.empty() ? "" : std::string{to_string(r.drifts.front().what)} + ' ' + r.drifts.front().path;
}

} // namespace

TEST_CASE_METHOD(gate_fixture, "verify: what is published while it compares is no difference, and waits for nothing",
                 "[verify][db]") {
    auto const changed = nth_user(1);
    auto const removed = nth_user(2);
    test::other_session other{db.conninfo(), "SELECT 1"};
    std::future<verify_report> verified;
    {
        shut_gate const gate{other};
        verified = begin_verify();
        REQUIRE(at_gate());
        change_user(changed.key, 31337);
        db.exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + std::to_string(removed.key));
        db.exec("INSERT INTO dwh.datamartusers (dimension_user_id, user_id, username, history_whole_open,"
                " history_whole_closed) VALUES (900001, 900001, 'newcomer', 1, 1)");
        auto const report = publish();
        CHECK(report.exported() == 2);
        CHECK(report.files_removed == 1);
    }
    auto const found = verified.get();
    CHECK(first_drift(found).empty());
    CHECK(found.clean());
}

TEST_CASE_METHOD(gate_fixture, "verify: what is wrong is found though something is published meanwhile",
                 "[verify][db]") {
    auto const altered = nth_user(1);
    auto const lost = nth_user(2);
    auto const waiting = nth_user(3);
    auto const stray = "users/0/0/1/1.json";
    std::ofstream{tree() / altered.path, std::ios::app} << ' ';
    std::filesystem::remove(tree() / lost.path);
    std::filesystem::create_directories(tree() / "users/0/0/1");
    std::filesystem::copy_file(tree() / waiting.path, tree() / stray);
    test::other_session other{db.conninfo(), "SELECT 1"};
    std::future<verify_report> verified;
    {
        shut_gate const gate{other};
        verified = begin_verify();
        REQUIRE(at_gate());
        change_user(nth_user(5).key, 31337);
        publish();
        change_user(waiting.key, 31338);
    }
    auto const found = verified.get();
    auto const named = [&](drift::kind what, std::string const& path, bool pending) {
        return std::ranges::count_if(found.drifts, [&](drift const& d) {
                   return d.what == what && d.path == path && d.pending == pending;
               }) == 1;
    };
    CHECK(named(drift::kind::differs, altered.path, false));
    CHECK(named(drift::kind::missing, lost.path, false));
    CHECK(named(drift::kind::orphan, stray, false));
    CHECK(named(drift::kind::differs, "indexes/users.json", true));
}

// The entry of a refused row is made from its published profile, which may be newer than the index that is compared.
TEST_CASE_METHOD(gate_fixture, "verify: a refused row that is mended while the index is compared", "[verify][db]") {
    change_user(behind_gate.key, -1);
    REQUIRE(publish().quarantined.size() == 1);
    test::other_session other{db.conninfo(), "SELECT 1"};
    std::future<verify_report> verified;
    {
        shut_gate gate{other};
        verified = begin_verify();
        REQUIRE(at_gate()); // with its profile
        gate.let_one_through();
        REQUIRE(at_gate()); // with the index, which is open
        change_user(behind_gate.key, 31337);
        CHECK(publish().exported() == 1);
    }
    auto const found = verified.get();
    CHECK(first_drift(found).empty());
    CHECK(found.clean());
}

TEST_CASE_METHOD(test::export_fixture, "verify: beside an exporter that never rests", "[slow][verify][db]") {
    exporter e{config()};
    e.run({});
    std::atomic<bool> end{false};
    std::atomic<std::size_t> cycles{0};
    std::string failure;
    std::jthread exporting{[&] {
        try {
            for (int round = 0; !end; ++round, ++cycles) {
                db.exec(
                    "UPDATE dwh.datamartusers SET history_whole_open = history_whole_open + 1 WHERE user_id % 3 = " +
                    std::to_string(round % 3));
                e.run({});
            }
        } catch (std::exception const& error) {
            failure = error.what();
        }
    }};
    std::size_t verifications = 0;
    for (auto const before = cycles.load(); cycles < before + 60 && failure.empty(); ++verifications) {
        auto const found = verify();
        INFO(first_drift(found));
        CHECK(found.pending == found.differences);
        CHECK(found.files_checked == 41);
    }
    end = true;
    exporting.join();
    CHECK(failure.empty());
    CHECK(verifications > 3);
    e.run({});
    CHECK(verify().clean());
}

TEST_CASE_METHOD(test::export_fixture, "verify: a publication that was cut short is told at once by metadata.json",
                 "[verify][db]") {
    run();
    auto text = file("metadata.json");
    auto const at = text.find("\n}");
    REQUIRE(at != std::string::npos);
    std::ofstream{tree() / "metadata.json"} << text.insert(at, ",\n  \"publishing\": 2");
    auto const begin = std::chrono::steady_clock::now();
    auto const found = verify();
    CHECK(first_drift(found) == "differs metadata.json");
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{8}); // nobody is there to be waited for
}
