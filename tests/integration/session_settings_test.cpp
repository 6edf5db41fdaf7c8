// The same rows give the same bytes, whatever is set for the role or the database, and whatever encoding it has.
#include "support/catch.hpp"

#include "support/daemon_process.hpp"
#include "support/export_fixture.hpp"
#include "support/other_session.hpp"
#include "support/thrown_message.hpp"

#include <notes_export/error.hpp>

#include <cstdlib>
#include <rapidjson/document.h>
#include <rapidjson/encodings.h>
#include <rapidjson/stringbuffer.h>
#include <unistd.h>

using namespace notes_export;
using test::contains;
using test::users_of;

namespace {

/// A database of its own encoding with a few rows, made from the scripts: a copy of a template keeps its encoding.
class encoded_database {
public:
    explicit encoded_database(std::string const& encoding)
        : m_name{"encoded_" + std::to_string(::getpid()) + '_' + encoding} {
        server("CREATE DATABASE " + m_name + " TEMPLATE template0 LOCALE 'C' ENCODING '" + encoding + "'");
        for (std::string const script : {"/tests/support/datamart.sql", "/sql/install.sql"})
            psql("-f " EXPORTD_SOURCE_DIR + script);
        exec("INSERT INTO dwh.contributor_types VALUES (1, 'type', 'type');"
             "INSERT INTO dwh.dimension_users (dimension_user_id, user_id, username, modified, is_current)"
             " SELECT n, n, 'user ' || n, FALSE, TRUE FROM generate_series(1, 3) n;"
             "INSERT INTO dwh.datamartusers (dimension_user_id, user_id, username, id_contributor_type,"
             " history_whole_open, history_whole_closed) SELECT n, n, 'user ' || n, 1, n, n"
             " FROM generate_series(1, 3) n");
    }
    ~encoded_database() { server("DROP DATABASE " + m_name + " WITH (FORCE)"); }
    encoded_database(encoded_database const&) = delete;
    encoded_database& operator=(encoded_database const&) = delete;

    std::string conninfo() const { return "host=" + test::test_database::host() + " user=postgres dbname=" + m_name; }
    void exec(std::string const& sql) const { psql("-c \"" + sql + '"'); }

private:
    static void server(std::string const& sql) {
        run("psql -X -q -h " + test::test_database::host() + " -U postgres -d postgres -c \"" + sql + '"');
    }
    void psql(std::string const& arguments) const {
        run("psql -X -q -v ON_ERROR_STOP=1 -d '" + conninfo() + "' " + arguments);
    }
    static void run(std::string const& command) { REQUIRE(std::system((command + " >/dev/null 2>&1").c_str()) == 0); }

    std::string m_name;
};

bool is_utf8(std::string const& text) {
    rapidjson::StringStream in{text.c_str()};
    rapidjson::StringBuffer out;
    while (in.Tell() < text.size())
        if (!rapidjson::UTF8<>::Validate(in, out))
            return false;
    return true;
}

} // namespace

TEST_CASE_METHOD(test::export_fixture, "settings: none of the role or the database changes a byte", "[settings][db]") {
    // One column of each type whose text depends on settings. Reading takes longer than the limit of statements below.
    db.exec("DROP VIEW dwh.datamartusers_export; ALTER TABLE dwh.datamartusers"
            " ADD x_time timestamptz DEFAULT '2026-03-29 01:30:00+00', ADD x_day timestamp DEFAULT '2026-02-01',"
            " ADD x_span interval DEFAULT '1 year 2 mons 3 days 04:05:06', ADD x_bytes bytea DEFAULT '\\x00ff5c',"
            " ADD x_float float8 DEFAULT 0.1::float8 + 0.2::float8, ADD x_real real DEFAULT 1.1::real / 3,"
            " ADD x_xml xml DEFAULT '<a>1</a>', ADD x_money money DEFAULT 12.34;"
            " CREATE VIEW dwh.datamartusers_export AS WITH slow AS MATERIALIZED (SELECT pg_sleep(0.3))"
            " SELECT d.* FROM dwh.datamartusers d CROSS JOIN slow");
    run();
    auto before = contents();
    auto const owner = (GENERATE(true, false) ? "DATABASE " : "ROLE postgres IN DATABASE ") + db.name();
    for (std::string const setting : {"timezone = 'Asia/Kathmandu'",
                                      "datestyle = 'German'",
                                      "intervalstyle = 'iso_8601'",
                                      "extra_float_digits = -15",
                                      "bytea_output = 'escape'",
                                      "xmlbinary = 'hex'",
                                      "xmloption = 'document'",
                                      "search_path = 'nowhere'",
                                      "client_encoding = 'LATIN1'",
                                      "standard_conforming_strings = off",
                                      "quote_all_identifiers = on",
                                      "default_transaction_read_only = on",
                                      "default_transaction_isolation = 'serializable'",
                                      "default_transaction_deferrable = on",
                                      "statement_timeout = '100ms'",
                                      "idle_session_timeout = '300ms'",
                                      "row_security = on",
                                      "enable_indexscan = off",
                                      "lock_timeout = '1ms'",
                                      "escape_string_warning = on",
                                      "lc_monetary = 'C'",
                                      "array_nulls = off",
                                      "transform_null_equals = on",
                                      "backslash_quote = off",
                                      "exit_on_error = on",
                                      "idle_in_transaction_session_timeout = '300ms'",
                                      "synchronous_commit = 'remote_apply'",
                                      "session_replication_role = 'replica'",
                                      "client_min_messages = 'debug5'",
                                      "client_connection_check_interval = 0",
                                      "default_tablespace = 'nowhere'",
                                      "temp_tablespaces = 'nowhere'",
                                      "work_mem = '64kB'",
                                      "enable_seqscan = off",
                                      "enable_hashjoin = off",
                                      "enable_sort = off",
                                      "cursor_tuple_fraction = 0.0001",
                                      "plan_cache_mode = 'force_custom_plan'",
                                      "max_parallel_workers_per_gather = 0",
                                      "zero_damaged_pages = on"})
        db.exec("ALTER " + owner + " SET " + setting);
    std::filesystem::remove_all(tree());
    db.exec("UPDATE dwh.datamartusers SET json_exported = FALSE");
    exporter e{config()};
    e.run({});
    auto after = contents();
    after["metadata.json"] = before["metadata.json"];
    CHECK(after == before);
    CHECK(db.pending() == 0);
    CHECK(verify().clean());
    // The session that holds the lock outlives any timeout for idle ones.
    CHECK_FALSE(test::wait_until(
        [&] {
            return db.number("SELECT count(*) FROM pg_stat_activity WHERE application_name ="
                             " 'test: writer' AND datname = current_database()") == 0;
        },
        test::milliseconds{700}));
    CHECK_NOTHROW(e.run({}));
}

TEST_CASE_METHOD(test::export_fixture, "settings: an error that is expected ends no session, whatever the role says",
                 "[settings][db]") {
    db.exec("ALTER ROLE postgres IN DATABASE " + db.name() +
            " SET exit_on_error = on; DROP TABLE dwh.json_export_runs");
    auto const writer = "SELECT pid FROM pg_stat_activity WHERE application_name = 'test: writer'"
                        " AND datname = current_database()";
    exporter e{config()};
    auto const report = e.run({});
    auto const before = db.value(writer);
    CHECK_FALSE(e.record(report, "", "1")); // there is no such table
    CHECK_FALSE(before.empty());
    CHECK(db.value(writer) == before);
}

TEST_CASE_METHOD(test::export_fixture, "settings: a default kind of transaction that waits for others delays nothing",
                 "[settings][db]") {
    for (std::string const setting : {"default_transaction_isolation = 'serializable'",
                                      "default_transaction_read_only = on", "default_transaction_deferrable = on"})
        db.exec("ALTER ROLE postgres IN DATABASE " + db.name() + " SET " + setting);
    test::other_session const writing{db.conninfo(), "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE;"
                                                     "CREATE TABLE held AS SELECT count(*) FROM dwh.datamartusers"};
    CHECK(run().exported() == 36);
    CHECK(db.pending() == 0);
}

TEST_CASE_METHOD(test::export_fixture, "settings: a login that becomes another role exports with the rights of that",
                 "[settings][db]") {
    auto const role = "login_of_" + db.name();
    db.exec("CREATE ROLE " + role + " LOGIN NOINHERIT IN ROLE osm_notes_exporter; ALTER ROLE " + role +
            " SET role = osm_notes_exporter");
    auto c = config();
    c.conninfo += " user=" + role;
    {
        exporter e{c};
        CHECK(e.run({}).exported() == 36);
        CHECK_THROWS_AS(exporter{[&] {
                            auto other = c;
                            other.directory = root / "other";
                            return other;
                        }()}
                            .run({}),
                        lock_held);
    }
    test::wait_until(
        [&] { return db.number("SELECT count(*) FROM pg_stat_activity WHERE usename = '" + role + "'") == 0; });
    db.exec("DROP ROLE " + role);
}

TEST_CASE_METHOD(test::export_fixture, "encoding: bytes that are not UTF-8 are refused, whatever the database lets in",
                 "[settings][db]") {
    encoded_database const raw{"sql_ascii"};
    auto c = config();
    c.conninfo = raw.conninfo();
    exporter{c}.run({});
    auto const before = contents();
    raw.exec("UPDATE dwh.datamartusers SET username = E'caf\\xe9', history_whole_open = 50 WHERE user_id = 2");
    raw.exec("UPDATE dwh.datamartusers SET username = E'caf\\xc3\\xa9' WHERE user_id = 3");
    raw.exec("INSERT INTO dwh.datamartusers (dimension_user_id, user_id, username, history_whole_open,"
             " history_whole_closed) VALUES (4, 4, E'\\xff\\xfe', 1, 1)");
    auto const report = exporter{c}.run({});
    CHECK(users_of(report).exported == 1);
    REQUIRE(report.quarantined.size() == 2);
    CHECK(report.quarantined[0].keyword == "json");
    CHECK(file("users/0/0/2/2.json") == before.at("users/0/0/2/2.json"));
    CHECK(contains(file("users/0/0/3/3.json"), "caf\xC3\xA9"));
    CHECK_FALSE(has("users/0/0/4/4.json"));
    CHECK(contains(file("indexes/users.json"), "\"username\":\"user 2\""));
    for (auto const& [path, text] : contents()) {
        INFO(path);
        CHECK(is_utf8(text));
    }
    CHECK(is_utf8(file(".exportd/quarantine.json")));
    CHECK(notes_export::verify(c).clean());
}

TEST_CASE_METHOD(test::export_fixture, "encoding: another encoding of the database is published as UTF-8",
                 "[settings][db]") {
    encoded_database const latin{"latin1"};
    auto c = config();
    c.conninfo = latin.conninfo();
    latin.exec("UPDATE dwh.datamartusers SET username = E'caf\\xe9' WHERE user_id = 2");
    CHECK(exporter{c}.run({}).in_quarantine() == 0);
    CHECK(contains(file("users/0/0/2/2.json"), "caf\xC3\xA9"));
    CHECK(notes_export::verify(c).clean());
}

TEST_CASE_METHOD(test::export_fixture, "numbers: are published digit by digit, also within JSON columns",
                 "[settings][db]") {
    run();
    db.exec("UPDATE dwh.datamartusers SET avg_days_to_resolution = 5.00, notes_age_distribution ="
            " '{\"a\": 1e20, \"b\" : 5.00, \"c\":12345678901234567890123, \"d\":-0.0}' WHERE dimension_user_id = " +
            std::to_string(nth_user(0).key));
    CHECK(run().in_quarantine() == 0);
    auto const text = file(nth_user(0).path);
    CHECK(contains(text, "\"avg_days_to_resolution\":5.00,"));
    CHECK(contains(text, "{\"a\": 1e20, \"b\" : 5.00, \"c\":12345678901234567890123, \"d\":-0.0}"));
    CHECK(verify().clean());
}

TEST_CASE_METHOD(test::export_fixture, "numbers: what JSON has no number for is refused, as are odd dates",
                 "[settings][db]") {
    run();
    auto const u = nth_user(0);
    auto const before = contents();
    auto const& [column, value, pointer] = GENERATE(table<std::string, std::string, std::string>(
        {{"date_starting_creating_notes", "'0044-03-15 BC'", "/date_starting_creating_notes"},
         {"date_starting_creating_notes", "'-infinity'", "/date_starting_creating_notes"},
         {"date_starting_creating_notes", "'12026-01-01'", "/date_starting_creating_notes"},
         {"resolution_rate", "'NaN'", "/resolution_rate"}}));
    db.exec("UPDATE dwh.datamartusers SET " + column + " = " + value +
            " WHERE dimension_user_id = " + std::to_string(u.key));
    auto const report = run();
    REQUIRE(report.quarantined.size() == 1);
    CHECK(report.quarantined[0].pointer == pointer);
    CHECK(contents() == before);
}

TEST_CASE_METHOD(test::export_fixture, "quarantine: one bad row of a thousand keeps no other back", "[settings][db]") {
    db.exec("INSERT INTO dwh.datamartusers (dimension_user_id, user_id, username, history_whole_open,"
            " history_whole_closed) SELECT n, n, 'user ' || n, 1, CASE n WHEN 910500 THEN -1 ELSE 1 END"
            " FROM generate_series(910001, 911000) n");
    std::vector<std::size_t> pending; // as it is told when the database was looked at
    exporter e{config(), {.found = [&](std::string_view dataset, std::size_t n) {
                   if (dataset == "users")
                       pending.push_back(n);
               }}};
    auto const report = e.run({});
    CHECK(users_of(report).exported == 30 + 999);
    CHECK(users_of(report).quarantined == 1);
    CHECK(db.pending() == 1);
    auto const before = files();
    auto const next = e.run({});
    CHECK(next.quarantined.empty());
    CHECK(next.files_written == 0);
    CHECK(test::touched(before, files()).empty());
    CHECK(verify().clean());
    CHECK(users_of(e.run({.full = true})).pending == 0);
    CHECK(pending == std::vector<std::size_t>{30 + 1000, 0, 0});
    db.exec("UPDATE dwh.datamartusers SET history_whole_closed = 1 WHERE dimension_user_id = 910500");
    CHECK(users_of(e.run({.full = true})).pending == 0);
    CHECK(pending.back() == 1);
}
