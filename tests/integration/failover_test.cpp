// The primary dies in the middle of a cycle that reads from its standby, and the standby takes its place.
#include "support/random_writer.hpp"
#include "support/standby_fixture.hpp"

#include <notes_export/error.hpp>

#include <iostream>
#include <random>

using namespace notes_export;

namespace test {

namespace {

struct failover_fixture : with_standby<export_fixture> {
    export_config both() const {
        auto c = reading_from(conninfo_of(standby.host() + ',' + cluster.host()));
        c.conninfo = conninfo_of(cluster.host() + ',' + standby.host());
        return c;
    }
    void fail_over() {
        wait_replayed();
        cluster.stop("immediate");
        standby.promote();
    }
};

} // namespace

TEST_CASE_METHOD(failover_fixture, "failover: in the middle of a cycle nothing is lost",
                 "[replica][failover][fault][db]") {
    auto const when = GENERATE(phase::read, phase::index, phase::sync, phase::publish, phase::mark);
    CAPTURE(std::string{to_string(when)});
    exporter{both()}.run({});
    change_user(nth_user(3).key, 4711);
    db.exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + std::to_string(nth_user(7).key));
    auto const late = nth_user(5);
    bool over = false;
    cycle_observer const observer{.entering = [&](phase p) {
        if (p != when || std::exchange(over, true))
            return;
        change_user(late.key, 4712); // is in no snapshot yet
        fail_over();
    }};
    std::optional<exporter> e{std::in_place, both(), observer};
    bool failed = false;
    try {
        e->run({});
    } catch (database_error const&) {
        failed = true; // the writer's session was lost
    }
    CHECK(over);
    CHECK(failed);
    auto const report = e->run({});
    CHECK_FALSE(report.read.standby);
    CHECK(file(late.path).find("\"history_whole_open\":4712,") != std::string::npos);
    on_standby("UPDATE dwh.datamartusers SET history_whole_open = 4713 WHERE dimension_user_id = " +
               std::to_string(late.key));
    e->run({});
    CHECK(file(late.path).find("\"history_whole_open\":4713,") != std::string::npos);
    e.reset();
    CHECK(differences_to_fresh(standby.host()) == std::vector<std::string>{});
}

TEST_CASE_METHOD(with_standby<daemon_fixture>, "failover: a daemon converges under a random writer, before and after",
                 "[slow][replica][failover][daemon][db]") {
    auto const seed = number_from_environment("EXPORTD_SEED", std::random_device{}());
    std::chrono::seconds const writing_time{number_from_environment("EXPORTD_CONVERGENCE_SECONDS", 30) / 3};
    INFO("EXPORTD_SEED=" << seed);
    std::cout << "EXPORTD_SEED=" << seed << std::endl;
    settings.conninfo = conninfo_of(cluster.host() + ',' + standby.host());
    settings.more = "[database]\nread_conninfo = " + conninfo_of(standby.host() + ',' + cluster.host()) + '\n';
    settings.debounce = "50ms";
    settings.max_delay = "200ms";
    settings.poll_interval = "1s";
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    auto const write_to = [&](std::string const& host, std::uint64_t with) {
        random_writer writer{conninfo_of(host), with};
        auto const end = std::chrono::steady_clock::now() + writing_time;
        while (std::chrono::steady_clock::now() < end)
            writer.transaction();
    };
    write_to(cluster.host(), seed);
    auto const cycles = daemon.cycles();
    CHECK(daemon.count("reads_from_standby") >= 1);
    CHECK(daemon.count("reads_from_primary") == 0);
    cluster.stop("immediate"); // what was not sent to the standby is lost, whatever the tree has of it
    standby.promote();
    write_to(standby.host(), seed + 1);
    auto const waiting = "SELECT (SELECT count(*) FROM dwh.datamartusers WHERE NOT json_exported)"
                         " + (SELECT count(*) FROM dwh.json_export_log)";
    CHECK(wait_until([&] { return asked(standby, waiting) == "0"; }, std::chrono::seconds{60}));
    daemon.wait_for("a cycle of all of it", [&, before = daemon.cycles()] { return daemon.cycles() > before + 1; });
    std::cout << cycles << " cycles before, " << daemon.cycles() - cycles << " after\n";
    CHECK(daemon.stop() == 0);
    CHECK(differences_to_fresh(standby.host()) == std::vector<std::string>{});
}

} // namespace test
