// The promise as a whole: whatever is written, in whatever order, the tree ends equal to the database.
#include "support/catch.hpp"
#include "support/daemon_fixture.hpp"
#include "support/random_writer.hpp"
#include "support/tree_contents.hpp"

#include <iostream>
#include <random>

namespace test {

TEST_CASE_METHOD(daemon_fixture, "daemon: converges under a random writer", "[slow][daemon][db]") {
    auto const seed = number_from_environment("EXPORTD_SEED", std::random_device{}());
    std::chrono::seconds const writing_time{number_from_environment("EXPORTD_CONVERGENCE_SECONDS", 30)};
    INFO("EXPORTD_SEED=" << seed);
    std::cout << "EXPORTD_SEED=" << seed << std::endl;

    settings.debounce = "50ms";
    settings.max_delay = "200ms";
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    random_writer writer{db.conninfo(), seed};
    auto const end = std::chrono::steady_clock::now() + writing_time;
    while (std::chrono::steady_clock::now() < end)
        writer.transaction();

    serve(daemon);
    CHECK(wait_until([&] { return db.pending() + db.number("SELECT count(*) FROM dwh.json_export_log") == 0; },
                     std::chrono::seconds{60}));
    std::cout << writer.committed() << " committed, " << writer.rolled_back() << " rolled back, " << writer.deadlocks()
              << " deadlocks, " << daemon.cycles() << " cycles, " << daemon.count("entity_removed") << " removed\n";
    CHECK(daemon.count("row_quarantined") + daemon.count("cycle_warning") == 0);
    CHECK(daemon.stop() == 0);

    auto const report = verify();
    for (auto const& d : report.drifts)
        UNSCOPED_INFO(to_string(d.what) << ' ' << d.path);
    CHECK(report.clean());

    auto kept = contents_of(tree());
    settings.directory = root / "fresh";
    REQUIRE(run_command({"once", "--full"}).status == 0);
    auto fresh = contents_of(settings.directory);
    CHECK(differences(timeless(std::move(kept)), timeless(std::move(fresh))) == std::vector<std::string>{});
}

} // namespace test
