// A pooler that hands out its server connections per transaction says yes to LISTEN and delivers nothing.
#include "support/catch.hpp"
#include "support/fault_fixture.hpp"
#include "support/transaction_pooler.hpp"

#include <notes_export/error.hpp>

#include <algorithm>
#include <chrono>
#include <libpq-fe.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace test {

namespace {

using namespace std::chrono_literals;

struct pooler_fixture : cluster_fixture {
    std::optional<transaction_pooler> pooler{std::in_place, root.path(), cluster.host()};

    pooler_fixture() { settings.conninfo = "host=" + root.path().string() + " user=postgres dbname=" + db.name(); }
};

/// An exporter that goes through the pooler.
struct pooled_exporter : pooler_fixture {
    notes_export::export_config through_pooler() const {
        auto c = config();
        c.conninfo = settings.conninfo;
        return c;
    }
    void change_everything(int open) {
        db.exec("UPDATE dwh.datamartusers SET history_whole_open = " + std::to_string(open));
    }
};

} // namespace

TEST_CASE_METHOD(pooled_exporter, "pooler: cycles publish the same bytes, whatever server session they get",
                 "[fault][db]") {
    db.exec("ALTER DATABASE " + db.name() + " SET extra_float_digits = -3; ALTER DATABASE " + db.name() +
            " SET timezone = 'America/Bogota'");
    for (std::string const setting :
         {"default_transaction_read_only = on", "default_transaction_isolation = 'serializable'",
          "default_transaction_deferrable = on", "search_path = 'nowhere'", "lock_timeout = '1ms'"})
        db.exec("ALTER ROLE postgres IN DATABASE " + db.name() + " SET " + setting);
    db.exec("ALTER TABLE dwh.datamartcountries ADD COLUMN seen timestamptz DEFAULT '2026-01-31 12:00+00'");
    for (int i = 1; i <= 3; ++i) { // a new exporter does not meet what the one before left in the sessions
        notes_export::exporter e{through_pooler()};
        for (int n = 1; n <= 5; ++n) {
            change_everything(10 * i + n);
            auto const report = e.run({});
            CHECK(users_of(report).marked == 30);
            CHECK(e.record(report, "", "1"));
            CHECK(verify().clean());
        }
    }
    // The sessions stay as they were for their other users
    std::unique_ptr<PGconn, void (*)(PGconn*)> const c{PQconnectdb(settings.conninfo.c_str()), PQfinish};
    std::unique_ptr<PGresult, void (*)(PGresult*)> const r{PQexec(c.get(), "SHOW timezone"), PQclear};
    REQUIRE(PQntuples(r.get()) == 1);
    CHECK(std::string{PQgetvalue(r.get(), 0, 0)} == "America/Bogota");
}

TEST_CASE_METHOD(pooled_exporter, "pooler: the lock of a database keeps a second exporter out, and ends with the first",
                 "[fault][db]") {
    auto other = config(); // directly
    other.directory = root / "other";
    {
        notes_export::exporter first{through_pooler()};
        first.run({});
        CHECK_THROWS_AS(notes_export::exporter{other}.run({}), notes_export::lock_held);
        change_everything(11);
        CHECK(users_of(first.run({})).marked == 30);
    }
    CHECK_NOTHROW(notes_export::exporter{other}.run({}));
}

TEST_CASE_METHOD(pooler_fixture, "pooler: transaction pooling is recognised, named, and polled through",
                 "[fault][daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_for_event("listener_lost");
    auto const log = daemon.log();
    auto const lost = std::ranges::find(log, "listener_lost", &log_record::event);
    CHECK(lost->field("cause") == "pooler");
    CHECK(lost->time - log.front().time < 8s);
    CHECK(daemon.count("listening") == 0);
    daemon.wait_for_event("cycle_finished");
    auto const u = nth_user(3);
    change_user(u.key, 4711);
    notify("heard by nobody");
    wait_published(daemon, u, 4711);
    change_user(u.key, 4712);
    wait_published(daemon, u, 4712);
    // What it tried is not inherited by others: each gets another one of the pooler's server sessions.
    using session = std::unique_ptr<PGconn, void (*)(PGconn*)>;
    std::vector<session> others;
    for (int i = 0; i < 4; ++i) {
        others.emplace_back(PQconnectdb(settings.conninfo.c_str()), PQfinish);
        std::unique_ptr<PGresult, void (*)(PGresult*)> const r{
            PQexec(others.back().get(), "BEGIN; SELECT current_setting('search_path')"), PQclear};
        REQUIRE(PQntuples(r.get()) == 1);
        CHECK(std::string{PQgetvalue(r.get(), 0, 0)} == "\"$user\", public");
    }
    others.clear();
    CHECK(count(daemon, "listener_lost", "level", "error") == 1);
    CHECK(count(daemon, "listener_lost", "cause", "pooler") == daemon.count("listener_lost"));
    CHECK(verify().clean());
}

} // namespace test
