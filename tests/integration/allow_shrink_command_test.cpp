// allow-shrink: one large removal without stopping the service.
#include "support/catch.hpp"
#include "support/daemon_fixture.hpp"
#include "support/line_of.hpp"
#include "support/thrown_message.hpp"

#include <algorithm>
#include <utility>

namespace test {

TEST_CASE_METHOD(daemon_fixture, "allow-shrink: the running daemon lets one removal pass, and the next not",
                 "[command][daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    db.exec("CREATE TABLE kept AS SELECT * FROM dwh.datamartusers; TRUNCATE dwh.datamartusers");
    serve(daemon);
    CHECK(file("indexes/users.json") != "[]\n");
    auto const r = run_command({"allow-shrink"});
    CHECK(r.status == 0);
    CHECK(contains(r.output, "one cycle, until "));
    CHECK(contains(line_of(run_command({"status"}).output, "Shrink "), "allowed once, until "));
    serve(daemon);
    CHECK(file("indexes/users.json") == "[]\n");
    daemon.wait_for_event("shrink_allowed");
    auto const log = daemon.log();
    CHECK(std::ranges::count_if(log, [](log_record const& told) {
              return told.event == "shrink_allowed" && told.field("dataset") == "users" &&
                     told.field("removed") == "30";
          }) == 1);
    CHECK(line_of(run_command({"status"}).output, "Shrink ").empty());
    db.exec("INSERT INTO dwh.datamartusers SELECT * FROM kept");
    serve(daemon);
    db.exec("TRUNCATE dwh.datamartusers");
    serve(daemon);
    CHECK(file("indexes/users.json") != "[]\n");
}

TEST_CASE_METHOD(daemon_fixture, "allow-shrink: survives a restart, needs no database", "[command][daemon][db]") {
    run_command({"once"});
    auto const conninfo = std::exchange(settings.conninfo, "host=" + root.path().string() + " dbname=x");
    CHECK(run_command({"allow-shrink"}).status == 0);
    settings.conninfo = conninfo;
    db.exec("TRUNCATE dwh.datamartusers");
    auto const r = run_command({"once"});
    CHECK(contains(r.output, "the shrink guard let 30 of 30 users go, as was allowed; that is used up\n"));
    CHECK(run_command({"verify"}).status == 0);
}

TEST_CASE_METHOD(daemon_fixture, "allow-shrink: the warning of the guard names it", "[command][db]") {
    run_command({"once"});
    db.exec("TRUNCATE dwh.datamartusers");
    CHECK(contains(run_command({"once"}).output, "allow it once: osm-notes-exportd allow-shrink"));
}

TEST_CASE_METHOD(daemon_fixture, "allow-shrink: without a tree it makes nothing", "[command][db]") {
    auto const r = run_command({"allow-shrink"});
    CHECK(r.status == 1);
    CHECK(contains(r.errors, "nothing was exported there yet"));
    CHECK_FALSE(std::filesystem::exists(tree()));
}

TEST_CASE_METHOD(daemon_fixture, "allow-shrink: a notification alone never allows it", "[command][daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    db.exec("TRUNCATE dwh.datamartusers");
    for (std::string const payload : {R"({"full":true,"allow_shrink":true})", "allow-shrink", "shrink allowed"}) {
        notify(payload);
        serve(daemon);
    }
    CHECK(file("indexes/users.json") != "[]\n");
}

} // namespace test
