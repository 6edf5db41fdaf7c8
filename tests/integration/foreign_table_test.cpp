// Tables that live in another database: they have no row versions and no triggers here. Each change over there must be
// published with the next cycle, or the program must say that it cannot.
#include "support/thrown_message.hpp"
#include "support/warehouse_fixture.hpp"

namespace {

/// "small", with one of its tables moved into another database of the same server.
struct foreign_fixture : test::warehouse_fixture {
    test::test_database far;

    explicit foreign_fixture(std::string const& table) {
        publish();
        db.exec("CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '" +
                test::test_database::host() + "', dbname '" + far.name() +
                "'); CREATE USER MAPPING FOR postgres SERVER far OPTIONS (user 'postgres')");
        auto const view = db.value("SELECT pg_get_viewdef('dwh.datamartusers_export')");
        db.exec("DROP VIEW dwh.datamartusers_export; DROP TABLE dwh." + table +
                "; IMPORT FOREIGN SCHEMA dwh LIMIT TO (" + table +
                ") FROM SERVER far INTO dwh;"
                " CREATE VIEW dwh.datamartusers_export AS " +
                view);
    }

    /// Whether the program takes such a table at all; if not it must say why.
    bool accepted() {
        auto const r = once();
        INFO(r.output << r.errors);
        if (r.status == 0)
            return true;
        CHECK(r.status == 1);
        CHECK(test::contains(r.output + r.errors, "foreign table"));
        return false;
    }
};

} // namespace

TEST_CASE("foreign tables: contributor types that are changed elsewhere are published, or it is said why not",
          "[foreign]") {
    foreign_fixture f{"contributor_types"};
    if (!f.accepted())
        return;
    auto const user = f.nth_user(0);
    auto const type =
        f.db.value("SELECT id_contributor_type FROM dwh.datamartusers WHERE user_id = " + std::to_string(user.id));
    f.far.exec("UPDATE dwh.contributor_types SET contributor_type_name = 'far away' WHERE contributor_type_id = " +
               type);
    f.publish();
    CHECK(f.says(user, "\"contributor_type_name\":\"far away\""));
    f.check_like_fresh_export();
}

TEST_CASE("foreign tables: so are tables that only the export view reads", "[foreign]") {
    foreign_fixture f{"dimension_experience_levels"};
    if (!f.accepted())
        return;
    f.far.exec("UPDATE dwh.dimension_experience_levels SET experience_level = 'far away'");
    f.publish();
    CHECK(f.says(f.nth_user(0), "\"experience_level\":\"far away\""));
    f.check_like_fresh_export();
}

TEST_CASE("foreign tables: so is the dimension table that tells which row of a user is the current one", "[foreign]") {
    foreign_fixture f{"dimension_users"};
    if (!f.accepted())
        return;
    auto const a = f.nth_user(0);
    auto const b = f.nth_user(1);
    auto const key = std::to_string(std::max(a.key, b.key));
    f.db.exec("UPDATE dwh.datamartusers SET user_id = " + std::to_string(a.id) +
              " WHERE user_id = " + std::to_string(b.id));
    f.publish();
    f.far.exec("UPDATE dwh.dimension_users SET is_current = NOT is_current WHERE dimension_user_id = " + key);
    f.publish();
    CHECK_FALSE(f.says(a, "\"dimension_user_id\":" + key + ","));
    f.check_like_fresh_export();
}

TEST_CASE("foreign tables: so is the datamart itself", "[foreign]") {
    foreign_fixture f{"datamartusers"};
    if (!f.accepted())
        return;
    auto const changed = f.nth_user(0);
    auto const deleted = f.nth_user(1);
    f.far.exec("UPDATE dwh.datamartusers SET history_whole_open = 4711, json_exported = TRUE WHERE user_id = " +
               std::to_string(changed.id) +
               "; DELETE FROM dwh.datamartusers WHERE user_id = " + std::to_string(deleted.id));
    f.publish();
    CHECK(f.says(changed, "\"history_whole_open\":4711,"));
    CHECK_FALSE(f.has(deleted.path));
    f.check_like_fresh_export();
}

TEST_CASE("foreign tables: countries and global figures elsewhere", "[foreign]") {
    auto const table = GENERATE(as<std::string>{}, "datamartcountries", "datamartglobal");
    foreign_fixture f{table};
    if (!f.accepted())
        return;
    f.far.exec("UPDATE dwh." + table + " SET history_whole_open = 4711");
    f.publish();
    f.check_like_fresh_export();
}
