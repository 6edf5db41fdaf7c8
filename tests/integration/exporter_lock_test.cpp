// The lock of a database keeps exporters out, and nobody else can use it to keep the exporter out.
#include "support/catch.hpp"
#include "support/fault_fixture.hpp"
#include "support/other_session.hpp"
#include "support/thrown_message.hpp"
#include "support/transaction_pooler.hpp"

#include <notes_export/error.hpp>

#include <algorithm>
#include <atomic>
#include <future>
#include <optional>

namespace test {

namespace {

using notes_export::database_error;
using notes_export::exporter;
using notes_export::lock_held;

// The keys are no secret: anybody can read them here.
std::string const main_key = "1869834606, hashtext('dwh')";
std::string const family = "hashtext('osm-notes-exportd dwh')";

/// An exporter with no more rights than install.sql gives, and a role that may do nothing but connect.
struct lock_fixture : cluster_fixture {
    lock_fixture() {
        db.exec("CREATE ROLE stranger LOGIN");
        run();
        change_user(nth_user(0).key, 4711);
    }
    std::string as(std::string const& role) const {
        return "host=" + cluster.host() + " user=" + role + " dbname=" + db.name();
    }
    notes_export::export_config exporting(std::string const& name = "first") const {
        auto c = config();
        c.conninfo = as("osm_notes_exporter");
        c.application_name = name;
        c.directory = name == "first" ? tree() : root / name;
        return c;
    }
    /// It exports, says whose lock it ignores, and keeps another exporter out.
    void check_goes_on(notes_export::export_config const& c, std::string const& named) {
        exporter e{c};
        auto const report = e.run({});
        CHECK(report.exported() == 1);
        auto const n = std::ranges::count_if(report.warnings, [&](std::string const& text) {
            return text.find("role \"" + named + "\" holds an advisory lock") != std::string::npos;
        });
        CHECK(n == 1);
        CHECK(e.run({}).warnings.empty());
        CHECK(thrown_message([&] { exporter{exporting("second")}.run({}); }).find("first: ") != std::string::npos);
        CHECK_NOTHROW(e.run({}));
    }
};

} // namespace

TEST_CASE_METHOD(lock_fixture, "exporter lock: a stranger who holds it is named and stops nobody", "[fault][db]") {
    auto const how = GENERATE("", "_shared");
    other_session const stranger{as("stranger"), "SELECT pg_advisory_lock" + std::string{how} + "(" + main_key +
                                                     "); SELECT pg_advisory_lock" + how + "(" + family +
                                                     ", n) FROM generate_series(0, 1000) n"};
    check_goes_on(exporting(), "stranger");
}

TEST_CASE_METHOD(lock_fixture, "exporter lock: neither does a stranger's prepared transaction", "[fault][db]") {
    db.disconnect();
    cluster.set("max_prepared_transactions", "5");
    cluster.stop("fast");
    cluster.start();
    db.reconnect();
    other_session const stranger{as("stranger"),
                                 "BEGIN; SELECT pg_advisory_xact_lock(" + main_key + "); PREPARE TRANSACTION 'mine'"};
    check_goes_on(exporting(), "stranger");
    db.exec("ROLLBACK PREPARED 'mine'");
}

TEST_CASE_METHOD(lock_fixture, "exporter lock: nor through a pooler", "[fault][db]") {
    transaction_pooler const pooler{root.path(), cluster.host()};
    other_session const stranger{as("stranger"), "SELECT pg_advisory_lock(" + main_key + ")"};
    auto c = exporting();
    c.conninfo = "host=" + root.path().string() + " user=postgres dbname=" + db.name();
    check_goes_on(c, "stranger");
    CHECK_NOTHROW(exporter{exporting("second")}.run({})); // the pooler keeps nothing of it
}

TEST_CASE_METHOD(lock_fixture, "exporter lock: names that strangers chose stay on one line", "[fault][db]") {
    db.exec("CREATE ROLE \"evil\nname\x1b[31m\" LOGIN");
    other_session const stranger{as("'evil\nname\x1b[31m'") + " application_name='a\nb'",
                                 "SELECT pg_advisory_lock(" + main_key + ")"};
    check_goes_on(exporting(), "evil?name?[31m");
}

TEST_CASE_METHOD(lock_fixture, "exporter lock: who holds another key still keeps others out when the main one is free",
                 "[fault][db]") {
    std::optional<other_session> stranger{std::in_place, as("stranger"), "SELECT pg_advisory_lock(" + main_key + ")"};
    exporter first{exporting()};
    first.run({});
    stranger.reset();
    CHECK_THROWS_AS(exporter{exporting("second")}.run({}), lock_held);
    change_user(nth_user(0).key, 4712);
    CHECK(first.run({}).exported() == 1);
}

TEST_CASE_METHOD(lock_fixture, "exporter lock: who may export counts, also as a member of another role",
                 "[fault][db]") {
    db.exec("CREATE ROLE relative LOGIN NOINHERIT IN ROLE osm_notes_exporter");
    auto const role = GENERATE("postgres", "osm_notes_exporter", "relative");
    other_session const holder{as(role) + " application_name=its_name", "SELECT pg_advisory_lock(" + main_key + ")"};
    auto const message = thrown_message([&] { exporter{exporting()}.run({}); });
    CHECK(message.find("another exporter serves schema \"dwh\" of this database: its_name") == 0);
    CHECK(message.find("role \"" + std::string{role} + '"') != std::string::npos);
}

TEST_CASE_METHOD(lock_fixture, "exporter lock: nothing is published beside somebody who may export", "[fault][db]") {
    other_session stranger{as("stranger"), "SELECT pg_advisory_lock(" + main_key + ")"};
    auto const before = files();
    std::optional<other_session> late;
    bool came = false;
    exporter e{exporting(), {.entering = [&](notes_export::phase p) {
                   if (p == notes_export::phase::publish && !std::exchange(came, true)) {
                       stranger.run("SELECT pg_advisory_unlock_all()");
                       late.emplace(as("postgres"), "SELECT pg_advisory_lock(" + main_key + ")");
                   }
               }}};
    CHECK_THROWS_AS(e.run({}), database_error);
    CHECK(touched(before, files()).empty());
    CHECK_THROWS_AS(e.run({}), lock_held);
    late.reset();
    CHECK_NOTHROW(e.run({}));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(lock_fixture, "exporter lock: of two that begin at once at most one goes on", "[fault][db]") {
    other_session const stranger{as("stranger"), "SELECT pg_advisory_lock(" + main_key + ")"};
    for (int round = 0; round < 5; ++round) {
        std::atomic<int> at_work{0};
        std::atomic<int> most{0};
        auto const run_one = [&](std::string const& name) {
            exporter e{exporting(name), {.entering = [&](notes_export::phase p) {
                           if (p != notes_export::phase::read)
                               return;
                           most = std::max(most.load(), ++at_work);
                       }}};
            try {
                e.run({.full = true});
            } catch (lock_held const&) {
                return false;
            }
            wait_until([&] { return at_work > 1; }, milliseconds{300});
            --at_work;
            return true;
        };
        auto other = std::async(std::launch::async, run_one, "second");
        bool const one = run_one("first");
        bool const two = other.get();
        CHECK(most <= 1);
        CHECK((one || two)); // they part, as their pauses differ
    }
}

} // namespace test
