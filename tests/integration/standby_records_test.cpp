// What the program says of a standby that it reads from: records, status, metrics, `check`, `once`.
#include "support/parsed_json.hpp"
#include "support/served_daemon.hpp"
#include "support/standby_fixture.hpp"
#include "support/thrown_message.hpp"

namespace test {

namespace {

struct records_fixture : with_standby<served_fixture> {
    records_fixture() { read_from(conninfo_of(standby.host())); }

    /// A record may be a moment older than what the daemon tells.
    bool tells(std::string const& place) const {
        return wait_until([&] {
            auto const status = parsed(run_command({"status", "--json"}).output);
            return status["daemon"]["reads_from"].GetString() == place;
        });
    }
    void read_from(std::string const& conninfo) {
        settings.more = "[database]\nread_conninfo = " + conninfo + "\nread_wait = 3s\n";
    }
};

} // namespace

TEST_CASE_METHOD(records_fixture, "replica: a daemon tells where it reads when that changes, and loses nothing",
                 "[replica][daemon][fault][db]") {
    start_settled();
    CHECK(daemon->count("reads_from_standby") == 1);
    CHECK(becomes("reads_from_standby", 1));
    CHECK(tells("standby"));

    pause_replay();
    auto const u = nth_user(3);
    for (int const open : {4711, 4712}) {
        change_user(u.key, open);
        serve(*daemon);
        wait_published(*daemon, u, open);
    }
    CHECK(daemon->count("reads_from_primary") == 1);
    CHECK(count_where(daemon->log(), "reason", "behind") == 1);
    CHECK(becomes("reads_from_standby", 0));
    CHECK(tells("primary"));
    CHECK(contains(run_command({"status"}).output, "rows are read from the primary, not from the standby: "));

    resume_replay();
    daemon->wait_for("the standby again", [&] {
        run_cycle(*daemon);
        return daemon->count("reads_from_standby") == 2;
    });
    CHECK(daemon->count("cycle_failed") == 0);
    CHECK(daemon->stop() == 0);
    CHECK(differences_to_fresh(cluster.host()) == std::vector<std::string>{});
}

TEST_CASE_METHOD(records_fixture, "replica: a daemon goes through a failover",
                 "[replica][failover][daemon][fault][db]") {
    settings.conninfo = conninfo_of(cluster.host() + ',' + standby.host());
    read_from(conninfo_of(standby.host() + ',' + cluster.host()));
    settings.poll_interval = "1s";
    daemon_process failing_over{root.path(), settings};
    failing_over.wait_settled();
    auto const u = nth_user(3);
    change_user(u.key, 4711);
    wait_replayed();
    cluster.stop("immediate");
    standby.promote();
    wait_published(failing_over, u, 4711);
    on_standby("UPDATE dwh.datamartusers SET history_whole_open = 4712 WHERE dimension_user_id = " +
               std::to_string(u.key));
    wait_published(failing_over, u, 4712);
    CHECK(failing_over.stop() == 0);
    CHECK(differences_to_fresh(standby.host()) == std::vector<std::string>{});
}

TEST_CASE_METHOD(records_fixture, "replica: `once` and `check` say what is wrong with the standby, and no password",
                 "[replica][fault][db]") {
    auto r = run_command({"check"});
    CHECK(contains(r.output, "ok       standby: a physical standby of the primary"));
    read_from(conninfo_of(root.path().string()) + " password=secret");
    r = run_command({"check"});
    INFO(r.output << r.errors);
    CHECK(r.status == 1);
    CHECK(contains(r.output, "warning  standby: rows are read from the primary: "));
    auto const once = run_command({"once"});
    CHECK(once.status == 0);
    CHECK(contains(once.output, "warning: rows were read from the primary, not from the standby: "));
    auto const shown = run_command({"show-config"});
    CHECK(contains(shown.output, "read_conninfo = "));
    for (auto const& text : {r.output, r.errors, once.output, once.errors, shown.output, shown.errors})
        CHECK_FALSE(contains(text, "secret"));
    standby.promote();
    read_from(conninfo_of(standby.host()));
    CHECK(contains(run_command({"check"}).output, "it was promoted"));
}

} // namespace test
