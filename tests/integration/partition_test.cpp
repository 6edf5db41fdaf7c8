// Partitions come and go, and rows are changed through them, without a word to the table above.
#include "support/warehouse_fixture.hpp"

namespace {

/// The users of "small" in three partitions; everything is published.
struct partitioned_fixture : test::warehouse_fixture {
    explicit partitioned_fixture(bool with_install) {
        db.exec("CREATE TABLE model_view AS SELECT pg_get_viewdef('dwh.datamartusers_export') AS definition");
        uninstall();
        db.exec("DROP VIEW dwh.datamartusers_export;"
                " ALTER TABLE dwh.datamartusers RENAME TO plain_users;"
                " CREATE TABLE dwh.datamartusers (LIKE dwh.plain_users INCLUDING DEFAULTS)"
                " PARTITION BY RANGE (dimension_user_id);"
                " CREATE TABLE dwh.low PARTITION OF dwh.datamartusers FOR VALUES FROM (MINVALUE) TO (6);"
                " CREATE TABLE dwh.middle PARTITION OF dwh.datamartusers FOR VALUES FROM (6) TO (21);"
                " CREATE TABLE dwh.high PARTITION OF dwh.datamartusers FOR VALUES FROM (21) TO (MAXVALUE);"
                " ALTER TABLE dwh.datamartusers ADD PRIMARY KEY (dimension_user_id);"
                " INSERT INTO dwh.datamartusers SELECT * FROM dwh.plain_users; DROP TABLE dwh.plain_users;"
                " DO $$ BEGIN EXECUTE 'CREATE VIEW dwh.datamartusers_export AS '"
                " || (SELECT definition FROM model_view); END $$; DROP TABLE model_view");
        if (with_install)
            install();
        publish();
    }

    user with_key(std::int64_t key) {
        auto const before = db.number("SELECT count(*) FROM dwh.datamartusers WHERE user_id >= 1 AND user_id <"
                                      " (SELECT user_id FROM dwh.datamartusers WHERE dimension_user_id = " +
                                      std::to_string(key) + ")");
        return nth_user(static_cast<int>(before));
    }
};

} // namespace

TEST_CASE("partitions: rows changed and deleted through a partition are published with the next cycle", "[partition]") {
    partitioned_fixture f{GENERATE(true, false)};
    auto const changed = f.with_key(7);
    auto const deleted = f.with_key(8);
    f.db.exec("UPDATE dwh.middle SET history_whole_open = 4711 WHERE dimension_user_id = 7;"
              " DELETE FROM dwh.middle WHERE dimension_user_id = 8");
    f.publish();
    CHECK(f.says(changed, "\"history_whole_open\":4711,"));
    CHECK_FALSE(f.has(deleted.path));
    f.check_like_fresh_export();
}

TEST_CASE("partitions: a truncated partition is gone with the next cycle", "[partition]") {
    partitioned_fixture f{GENERATE(true, false)};
    auto const gone = f.with_key(3);
    f.db.exec("TRUNCATE dwh.low");
    f.publish();
    CHECK_FALSE(f.has(gone.path));
    f.check_like_fresh_export();
}

TEST_CASE("partitions: a detached partition is gone, and back with what it says by then", "[partition]") {
    partitioned_fixture f{GENERATE(true, false)};
    auto const user = f.with_key(3);
    f.db.exec("ALTER TABLE dwh.datamartusers DETACH PARTITION dwh.low");
    f.publish();
    CHECK_FALSE(f.has(user.path));
    f.check_verified();
    f.db.exec("UPDATE dwh.low SET history_whole_open = 4712, json_exported = TRUE;"
              " ALTER TABLE dwh.datamartusers ATTACH PARTITION dwh.low FOR VALUES FROM (MINVALUE) TO (6)");
    f.publish();
    CHECK(f.says(user, "\"history_whole_open\":4712,"));
    f.check_like_fresh_export();
}

TEST_CASE("partitions: rows of a partition that was attached anew are published, marked or not", "[partition]") {
    partitioned_fixture f{GENERATE(true, false)};
    f.db.exec("ALTER TABLE dwh.datamartusers DETACH PARTITION dwh.low;"
              " CREATE TABLE dwh.other AS SELECT * FROM dwh.low;"
              " ALTER TABLE dwh.other ALTER dimension_user_id SET NOT NULL;"
              " UPDATE dwh.other SET history_whole_open = 4713, json_exported = TRUE;"
              " ALTER TABLE dwh.datamartusers ATTACH PARTITION dwh.other FOR VALUES FROM (MINVALUE) TO (6)");
    f.publish();
    CHECK(f.says(f.with_key(3), "\"history_whole_open\":4713,"));
    f.check_like_fresh_export();
}

TEST_CASE("partitions: a row that moves to another partition keeps its profile", "[partition]") {
    partitioned_fixture f{GENERATE(true, false)};
    auto const user = f.with_key(3);
    f.db.exec("UPDATE dwh.datamartusers SET dimension_user_id = 1000003, history_whole_open = 4714"
              " WHERE dimension_user_id = 3");
    f.publish();
    CHECK(f.says(user, "\"history_whole_open\":4714,"));
    CHECK(f.says(user, "\"dimension_user_id\":1000003,"));
    f.check_like_fresh_export();
}
