// `check` about servers that are no ordinary ones.
#include "support/catch.hpp"
#include "support/fault_fixture.hpp"
#include "support/thrown_message.hpp"
#include "support/transaction_pooler.hpp"

#include <string>

namespace test {

TEST_CASE_METHOD(cluster_fixture, "check: a pooler is named, and that no notification comes through it",
                 "[fault][db]") {
    transaction_pooler const pooler{root.path(), cluster.host()};
    settings.conninfo = "host=" + root.path().string() + " user=postgres dbname=" + db.name();
    auto const r = run_command({"check"});
    INFO(r.output << r.errors);
    CHECK(r.status == 1);
    CHECK(contains(r.output, "warning  server: a connection pooler stands between"));
    CHECK(contains(r.output, "warning  notifications: "));
    CHECK(contains(r.output, "let [database] conninfo name the server itself"));
}

TEST_CASE_METHOD(cluster_fixture, "check: a standby is no place to export from", "[fault][db]") {
    standby_cluster const standby{cluster};
    settings.conninfo = "host=" + standby.host() + " user=postgres dbname=" + db.name();
    auto r = run_command({"check"});
    INFO(r.output << r.errors);
    CHECK(r.status == 2);
    CHECK(contains(r.output, "error    connection: "));
    CHECK(contains(r.output, "[database] conninfo must name the primary"));
    settings.conninfo += " target_session_attrs=any";
    r = run_command({"check"});
    CHECK(r.status == 2);
    CHECK(contains(r.output, "error    server: this is a standby"));
    CHECK(contains(r.output, "[database] conninfo must name the primary"));
}

} // namespace test
