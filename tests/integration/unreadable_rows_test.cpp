// Rows that the server cannot give: each is refused by itself, and everything else goes on.
#include "support/catch.hpp"

#include "support/export_fixture.hpp"
#include "support/thrown_message.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>

using namespace notes_export;
using test::contains;
using test::users_of;

namespace {

// A view with a function that fails for one row does what a corrupt value does.
struct unreadable_fixture : test::export_fixture {
    user u = nth_user(7);
    unreadable_fixture() {
        run();
        db.exec("CREATE FUNCTION dwh.fail(bigint) RETURNS int LANGUAGE plpgsql AS $$ BEGIN IF $1 = " +
                std::to_string(u.id) +
                " THEN RAISE data_corrupted; END IF; RETURN 1; END $$;"
                "DROP VIEW dwh.datamartusers_export; CREATE VIEW dwh.datamartusers_export AS SELECT d.*,"
                " dwh.fail(user_id) AS broken FROM dwh.datamartusers d");
    }
};

} // namespace

TEST_CASE_METHOD(unreadable_fixture, "unreadable row: it is refused, all others go on", "[unreadable][db]") {
    auto const before = file(u.path);
    exporter e{config()};
    auto const report = e.run({});
    CHECK(users_of(report).exported == 29);
    REQUIRE(report.quarantined.size() == 1);
    CHECK(report.quarantined[0].id == u.id);
    CHECK(report.quarantined[0].keyword == "unreadable");
    CHECK(contains(report.quarantined[0].detail, "XX001"));
    CHECK(file(u.path) == before);
    CHECK(contains(file("indexes/users.json"), "{\"user_id\":" + std::to_string(u.id) + ","));
    change_user(nth_user(2).key, 31337);
    CHECK(users_of(e.run({})).exported == 1);
    db.exec("CREATE OR REPLACE FUNCTION dwh.fail(bigint) RETURNS int LANGUAGE sql AS 'SELECT 1'");
    e.run({});
    CHECK(contains(file(u.path), "\"broken\":1"));
    CHECK(verify().clean());
}

// In WIN1252 the server takes any byte, and cannot give five of them to anybody who wants UTF-8.
TEST_CASE("unreadable row: a byte that the server's encoding does not define", "[unreadable][db]") {
    test::export_fixture f{"template0 ENCODING 'WIN1252' LC_COLLATE 'C' LC_CTYPE 'C'"};
    auto const load = "psql -X -q -v ON_ERROR_STOP=1 -d '" + f.db.conninfo() +
                      "' -f " EXPORTD_SOURCE_DIR "/tests/support/datamart.sql -f " EXPORTD_SOURCE_DIR
                      "/sql/install.sql >/dev/null 2>&1";
    REQUIRE(std::system(load.c_str()) == 0);
    f.db.exec("SET client_encoding = 'WIN1252';"
              "INSERT INTO dwh.datamartusers (dimension_user_id, user_id, username, history_whole_open,"
              " history_whole_closed) SELECT n, n, 'user ' || n, n, n FROM generate_series(1, 40) n;"
              "INSERT INTO dwh.datamartcountries (dimension_country_id, country_id, country_name, country_name_en,"
              " history_whole_open, history_whole_closed) SELECT n, n, 'country ' || n, 'c', n, n"
              " FROM generate_series(1, 5) n; INSERT INTO dwh.datamartglobal (dimension_global_id) VALUES (1)");
    auto c = f.config();
    c.validation = validation_mode::off;
    std::optional<exporter> e{c};
    e->run({});
    f.db.exec("UPDATE dwh.datamartusers SET username = E'bad \\201' WHERE user_id IN (7, 23);"
              "UPDATE dwh.datamartcountries SET country_name = E'\\201' WHERE country_id = 3;"
              "UPDATE dwh.datamartusers SET history_whole_open = 31337 WHERE user_id = 8");
    auto const report = e->run({});
    CHECK(users_of(report).exported == 1);
    CHECK(report.quarantined.size() == 3);
    CHECK(contains(f.file("users/0/0/7/7.json"), "user 7"));
    CHECK(contains(f.file("indexes/users.json"), "31337"));
    CHECK(contains(f.file("indexes/users.json"), "user 7"));
    CHECK(contains(f.file("indexes/countries.json"), "country 3"));
    CHECK(e->run({.full = true}).files_removed == 0);
    f.db.exec("UPDATE dwh.datamartusers SET username = 'good again' WHERE user_id = 7");
    CHECK(users_of(e->run({})).exported == 1);
    CHECK(contains(f.file("indexes/users.json"), "good again"));
    e.reset();
    CHECK(exporter{c}.run({.full = true}).quarantined.size() == 2); // by a new process as well
}

TEST_CASE_METHOD(test::export_fixture, "unreadable row: the row of a file of its own", "[unreadable][db]") {
    run();
    auto const before = file("global_stats.json");
    db.exec("CREATE FUNCTION dwh.fail() RETURNS int LANGUAGE plpgsql AS 'BEGIN RAISE data_corrupted; END';"
            "ALTER TABLE dwh.datamartglobal RENAME TO real_global;"
            "CREATE VIEW dwh.datamartglobal AS SELECT *, dwh.fail() AS broken FROM dwh.real_global");
    change_user(nth_user(1).key, 31337);
    auto const report = run();
    CHECK(users_of(report).exported == 1);
    CHECK(file("global_stats.json") == before);
    CHECK(std::ranges::any_of(report.warnings, [](auto const& text) {
        return contains(text, "global_stats.json: read row of datamartglobal");
    }));
    auto const verified = verify();
    CHECK(verified.clean());
    CHECK(std::ranges::any_of(verified.warnings, [](auto const& text) { return contains(text, "global_stats.json"); }));
}
