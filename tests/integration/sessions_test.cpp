// The sessions themselves: what they do with locks, parameters and servers of several versions.
#include "support/catch.hpp"
#include "support/export_fixture.hpp"
#include "support/wait_until.hpp"
#include "support/thrown_message.hpp"
#include "support/wait_until.hpp"

#include "pg/connection.hpp"
#include "source/sessions.hpp"

#include <notes_export/session.hpp>

#include <chrono>
#include <libpq-fe.h>
#include <memory>
#include <vector>

using namespace notes_export;
using test::contains;

namespace {

/// What the library's own parts do with one database.
struct sessions_fixture : test::export_fixture {
    export_config const c = config();
    sql const statements{c};
    sessions database{c, statements};
};

} // namespace

TEST_CASE_METHOD(sessions_fixture, "sessions: a statement may have any number of parameters", "[sessions][db]") {
    std::string sum = "SELECT 0";
    std::vector<pg::param> values;
    for (int i = 1; i <= 1000; ++i) {
        sum += " + $" + std::to_string(i) + "::int";
        values.emplace_back(std::to_string(i));
    }
    auto& writer = database.writer();
    CHECK(writer.query("add", sum, values).integer(0, 0) == 500'500);
    CHECK(writer.prepared("add", sum, values).integer(0, 0) == 500'500);
}

TEST_CASE("sessions: limits that only newer servers know are lifted there", "[sessions]") {
    auto const before = without_limits("SET", 160004);
    CHECK(contains(before, "SET statement_timeout = 0;"));
    CHECK(contains(before, "SET lock_timeout = 0;"));
    CHECK(contains(before, "SET idle_session_timeout = 0;"));
    CHECK(contains(before, "SET idle_in_transaction_session_timeout = 0;"));
    CHECK_FALSE(contains(before, "transaction_timeout = 0;SET transaction"));
    CHECK_FALSE(contains(before, "SET transaction_timeout"));
    CHECK(contains(without_limits("SET LOCAL", 170000), "SET LOCAL transaction_timeout = 0;"));
    CHECK(contains(own_session_settings(170000), "SET transaction_timeout = 0;"));
}

TEST_CASE_METHOD(sessions_fixture, "sessions: a server's refusal is told with its code, and on one line",
                 "[sessions][db]") {
    auto refused = c;
    refused.conninfo += " user=nobody_of_this_name";
    try {
        pg::connection{refused, "test"};
        FAIL("connected");
    } catch (database_error const& e) {
        CHECK(e.sqlstate() == "28000");
        CHECK(contains(e.what(), "role \"nobody_of_this_name\" does not exist [28000]"));
        CHECK_FALSE(contains(e.what(), "LOCATION"));
    }
    auto const again = test::thrown_message([&] { database.writer().query("fail", "SELECT nonsense"); });
    CHECK(again == "fail: column \"nonsense\" does not exist [42703]"); // as terse as ever
}

TEST_CASE_METHOD(sessions_fixture, "sessions: connecting waits for the server, and asks libpq nothing before",
                 "[sessions][db]") {
    std::unique_ptr<PGconn, void (*)(PGconn*)> const session{start_session(c.conninfo, "", "test"), PQfinish};
    bool reading = false;
    auto state = session_progress::under_way;
    test::wait_until([&] {
        state = continue_session(session.get(), reading, 0);
        return state != session_progress::under_way;
    });
    CHECK(state == session_progress::open);
}
