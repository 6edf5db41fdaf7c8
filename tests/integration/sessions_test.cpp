// The sessions themselves: what they do with locks, parameters and servers of several versions.
#include "support/catch.hpp"
#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"
#include "support/wait_until.hpp"

#include "pg/connection.hpp"
#include "pg/session_settings.hpp"
#include "source/sessions.hpp"

#include <chrono>
#include <csignal>
#include <future>
#include <stop_token>
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
    auto const before = pg::without_limits("SET", 160004);
    CHECK(contains(before, "SET statement_timeout = 0;"));
    CHECK(contains(before, "SET lock_timeout = 0;"));
    CHECK(contains(before, "SET idle_session_timeout = 0;"));
    CHECK(contains(before, "SET idle_in_transaction_session_timeout = 0;"));
    CHECK_FALSE(contains(before, "transaction_timeout = 0;SET transaction"));
    CHECK_FALSE(contains(before, "SET transaction_timeout"));
    CHECK(contains(pg::without_limits("SET LOCAL", 170000), "SET LOCAL transaction_timeout = 0;"));
    CHECK(contains(pg::own_session_settings(170000), "SET transaction_timeout = 0;"));
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
    // As terse as ever.
    CHECK(again.starts_with(
        "fail: column \"nonsense\" does not exist [42703] (osm-notes-exportd check names what is not there; "));
}

TEST_CASE_METHOD(sessions_fixture, "sessions: a statement that the server does not take is not waited for after a stop",
                 "[sessions][db]") {
    std::stop_source stop;
    pg::connection session{c, "test", stop.get_token()};
    auto const backend = static_cast<pid_t>(session.query("who", "SELECT pg_backend_pid()").integer(0, 0));
    REQUIRE(::kill(backend, SIGSTOP) == 0);
    stop.request_stop();
    std::string const more_than_fits(64'000'000, 'x');
    auto sending = std::async(std::launch::async, [&] {
        CHECK_THROWS_AS(session.query("send much", "SELECT length($1::text)", {more_than_fits}), cancelled);
    });
    CHECK(sending.wait_for(std::chrono::seconds{5}) == std::future_status::ready);
    ::kill(backend, SIGCONT);
}

TEST_CASE_METHOD(sessions_fixture, "sessions: what is no integer is told with its column", "[sessions][db]") {
    auto const answer = database.writer().query("ask", "SELECT NULL AS a, 'NaN'::float8 AS b, 9223372036854775808 AS c,"
                                                       " -9223372036854775808 AS d");
    auto const message = [&](int column) {
        return test::thrown_message([&] { static_cast<void>(answer.integer(0, column)); });
    };
    CHECK(message(0) == "read column \"a\" of an answer: NULL is no integer of 64 bits");
    CHECK(message(1) == "read column \"b\" of an answer: \"NaN\" is no integer of 64 bits");
    CHECK(message(2) == "read column \"c\" of an answer: \"9223372036854775808\" is no integer of 64 bits");
    CHECK(answer.integer(0, 3) == INT64_MIN);
    CHECK_THROWS_AS(answer.integer(0, 0), database_error);
}

TEST_CASE_METHOD(sessions_fixture, "sessions: a table without columns is a fault of the database", "[sessions][db]") {
    std::string const table = GENERATE("datamartusers", "datamartglobal", "contributor_types");
    db.exec("DROP TABLE dwh." + table + " CASCADE; CREATE TABLE dwh." + table + " ()");
    exporter e{c};
    CHECK_THROWS_AS(e.run({}), database_error);
}
