// A warehouse that is the target of logical replication: an apply worker writes its rows, with
// session_replication_role = replica, row by row.
#include "support/private_cluster.hpp"
#include "support/warehouse_fixture.hpp"

namespace {

/// A server on which changes can be decoded.
struct logical_cluster : test::private_cluster {
    logical_cluster() {
        set("wal_level", "logical");
        stop("fast");
        start();
    }
};

/// A server takes its time to start: the sections of a test share one.
logical_cluster& cluster() {
    static logical_cluster only;
    return only;
}

/// Two databases of it: the fixture's own one follows the other. Everything is published, and every row over there is
/// marked as exported, so that a replicated row does not bring a flag that tells of its change.
struct subscriber_fixture {
    test::test_database publisher{"small", cluster().host()};
    test::warehouse_fixture f{"small", cluster().host()};

    explicit subscriber_fixture(bool with_install) {
        if (!with_install)
            f.uninstall();
        for (auto const* const table : {"datamartusers", "datamartcountries"})
            publisher.exec("ALTER TABLE dwh." + std::string{table} + " DISABLE TRIGGER ALL; UPDATE dwh." + table +
                           " SET json_exported = TRUE");
        publisher.exec("CREATE PUBLICATION warehouse FOR TABLE dwh.datamartusers, dwh.datamartcountries,"
                       " dwh.datamartglobal, dwh.contributor_types, dwh.dimension_users, dwh.dimension_countries,"
                       " dwh.dimension_experience_levels");
        publisher.exec("SELECT pg_create_logical_replication_slot('" + publisher.name() + "', 'pgoutput')");
        f.db.exec("CREATE SUBSCRIPTION warehouse CONNECTION '" + publisher.conninfo() +
                  "' PUBLICATION warehouse WITH (create_slot = false, copy_data = false, slot_name = '" +
                  publisher.name() + "')");
        f.publish();
    }
    ~subscriber_fixture() {
        f.db.exec("ALTER SUBSCRIPTION warehouse DISABLE");
        f.db.exec("ALTER SUBSCRIPTION warehouse SET (slot_name = NONE)");
        f.db.exec("DROP SUBSCRIPTION warehouse");
    }

    /// A change over there, once it has arrived here; `sign` is true from then on.
    void change(std::string const& sql, std::string const& sign) {
        publisher.exec(sql);
        INFO(sql);
        REQUIRE(test::wait_until([&] { return f.db.value("SELECT (" + sign + ")::text") == "true"; }));
    }
};

std::string text(std::int64_t n) {
    return std::to_string(n);
}

} // namespace

TEST_CASE("subscriber: replicated changes of rows are published with the next cycle", "[subscriber]") {
    subscriber_fixture s{GENERATE(true, false)};
    auto& f = s.f;
    auto const changed = f.nth_user(0);
    auto const deleted = f.nth_user(1);
    auto const renumbered = f.nth_user(2);
    s.change("UPDATE dwh.datamartusers SET history_whole_open = 4711 WHERE dimension_user_id = " + text(changed.key),
             "EXISTS (SELECT FROM dwh.datamartusers WHERE history_whole_open = 4711)");
    s.change("DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + text(deleted.key),
             "NOT EXISTS (SELECT FROM dwh.datamartusers WHERE dimension_user_id = " + text(deleted.key) + ")");
    s.change("UPDATE dwh.datamartusers SET user_id = 90000001 WHERE dimension_user_id = " + text(renumbered.key),
             "EXISTS (SELECT FROM dwh.datamartusers WHERE user_id = 90000001)");
    f.publish();
    CHECK(f.says(changed, "\"history_whole_open\":4711,"));
    CHECK_FALSE(f.has(deleted.path));
    CHECK_FALSE(f.has(renumbered.path));
    f.check_like_fresh_export();
}

TEST_CASE("subscriber: a replicated insertion and TRUNCATE are published with the next cycle", "[subscriber]") {
    subscriber_fixture s{GENERATE(true, false)};
    auto& f = s.f;
    s.change("INSERT INTO dwh.datamartusers SELECT made.* FROM (SELECT * FROM dwh.datamartusers LIMIT 1) m, LATERAL"
             " json_populate_record(NULL::dwh.datamartusers, (to_jsonb(m) || '{\"dimension_user_id\": 90000002,"
             " \"user_id\": 90000002, \"json_exported\": true}')::json) AS made",
             "EXISTS (SELECT FROM dwh.datamartusers WHERE user_id = 90000002)");
    s.change("TRUNCATE dwh.datamartcountries", "NOT EXISTS (SELECT FROM dwh.datamartcountries)");
    f.publish();
    CHECK(f.has("users/"
                "a/8/2/90000002.json"));
    CHECK(f.file("indexes/countries.json") == "[]\n");
    f.check_like_fresh_export();
}

TEST_CASE("subscriber: replicated changes of dimension tables and names are published with the next cycle",
          "[subscriber]") {
    subscriber_fixture s{GENERATE(true, false)};
    auto& f = s.f;
    auto const user = f.nth_user(0);
    auto const type =
        f.db.value("SELECT id_contributor_type FROM dwh.datamartusers WHERE dimension_user_id = " + text(user.key));
    s.change("UPDATE dwh.contributor_types SET contributor_type_name = 'far away' WHERE contributor_type_id = " + type,
             "EXISTS (SELECT FROM dwh.contributor_types WHERE contributor_type_name = 'far away')");
    f.publish();
    CHECK(f.says(user, "\"contributor_type_name\":\"far away\""));
    s.change("UPDATE dwh.dimension_users SET experience_level_id = 6 WHERE dimension_user_id = " + text(user.key) +
                 "; UPDATE dwh.dimension_experience_levels SET experience_level = 'far' "
                 "WHERE dimension_experience_id = 6",
             "EXISTS (SELECT FROM dwh.dimension_experience_levels WHERE experience_level = 'far')");
    f.publish();
    CHECK(f.says(user, "\"experience_level\":\"far\""));
    f.check_like_fresh_export();
}
