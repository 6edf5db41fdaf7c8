// Tables that are emptied, replaced, rebuilt; their columns and types.
#include "crash/model_plan.hpp"

namespace model {

namespace {

using statements = std::vector<std::string>;

std::string number(std::int64_t n) {
    return std::to_string(n);
}

std::string grants(scene& s, std::string const& table) {
    return s.shape().installed ? "; GRANT SELECT, UPDATE (json_exported) ON dwh." + table + " TO osm_notes_exporter"
                               : "";
}

std::string refill_users() {
    return refill("datamartusers", "model.users", "'json_exported', false",
                  "NOT EXISTS (SELECT FROM dwh.datamartusers d WHERE d.dimension_user_id = m.dimension_user_id)");
}

statements swap_users(scene& s) {
    auto const how = s.pick<std::string>({"(LIKE dwh.datamartusers INCLUDING ALL)", ""});
    auto const make = how.empty()
                          ? "CREATE TABLE dwh.fresh AS SELECT * FROM dwh.datamartusers"
                          : "CREATE TABLE dwh.fresh " + how + "; INSERT INTO dwh.fresh SELECT * FROM dwh.datamartusers";
    auto const change =
        s.pick<std::string>({"",
                             "; UPDATE dwh.fresh SET history_whole_open = " + number(s.draw(900)) +
                                 " WHERE user_id = " + s.user_id().value_or("0"),
                             "; UPDATE dwh.fresh SET json_exported = true, history_whole_closed = 12 WHERE user_id = " +
                                 s.user_id().value_or("0"),
                             "; DELETE FROM dwh.fresh WHERE user_id = " + s.user_id().value_or("0")});
    statements all{without_view(make + change +
                                "; DROP TABLE dwh.datamartusers; ALTER TABLE dwh.fresh RENAME TO datamartusers" +
                                grants(s, "datamartusers"))};
    if (s.shape().installed && s.draw(2) == 0)
        all.push_back("$ " + install_command());
    return all;
}

statements swap_countries(scene& s) {
    statements all{"CREATE TABLE dwh.fresh (LIKE dwh.datamartcountries INCLUDING ALL); INSERT INTO dwh.fresh SELECT *"
                   " FROM dwh.datamartcountries; UPDATE dwh.fresh SET history_whole_open = " +
                   number(s.draw(900)) + " WHERE country_id = " + s.country_id().value_or("0") +
                   "; DROP TABLE dwh.datamartcountries; ALTER TABLE dwh.fresh RENAME TO datamartcountries" +
                   grants(s, "datamartcountries")};
    if (s.shape().installed && s.draw(2) == 0)
        all.push_back("$ " + install_command());
    return all;
}

statements truncate_and_load(scene& s) {
    if (s.draw(2) == 0)
        return {"TRUNCATE dwh.datamartusers; " + refill_users()};
    s.later(refill_users());
    return {"TRUNCATE dwh.datamartusers"};
}

statements delete_and_load(scene& s) {
    if (s.draw(2) == 0)
        return {"DELETE FROM dwh.datamartusers; " + refill_users()};
    s.later(refill_users());
    return {"DELETE FROM dwh.datamartusers"};
}

statements rename_away(scene& s) {
    auto const table = s.pick<std::string>({"datamartusers", "datamartcountries", "contributor_types"});
    s.later("ALTER TABLE IF EXISTS dwh.away_" + table + " RENAME TO " + table);
    return {"ALTER TABLE dwh." + table + " RENAME TO away_" + table};
}

statements rewrite(scene& s) {
    auto const table = s.pick<std::string>({"datamartusers", "datamartcountries", "dimension_users"});
    auto const index = s.value("SELECT indexrelid::regclass FROM pg_index WHERE indrelid = to_regclass('dwh." + table +
                               "') AND indisvalid AND indpred IS NULL ORDER BY 1 LIMIT 1");
    if (s.shape().partitioned && table == "datamartusers")
        return {"VACUUM FULL dwh.datamartusers"};
    return {index && s.draw(2) == 0 ? "CLUSTER dwh." + table + " USING " + *index : "VACUUM FULL dwh." + table};
}

// The rows come before the triggers.
statements dump_and_restore(scene& s) {
    auto const table = s.pick<std::string>({"datamartcountries", "contributor_types"});
    auto const id = s.country_id().value_or("0");
    s.later("UPDATE dwh.datamartcountries SET history_whole_closed = " + number(s.draw(900)) +
            " WHERE country_id = " + id);
    return {"$ dump=$(mktemp) && pg_dump --clean --table=dwh." + table +
            " >$dump && psql --quiet --no-psqlrc --single-transaction -v ON_ERROR_STOP=1 -f $dump; rm $dump"};
}

statements partitions(scene& s) {
    auto const part = s.one_of("SELECT inhrelid::regclass FROM pg_inherits"
                               " WHERE inhparent = to_regclass('dwh.datamartusers') ORDER BY 1");
    if (!part || !s.shape().partitioned)
        return {};
    auto const bounds =
        s.value("SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = '" + *part + "'::regclass");
    if (!bounds)
        return {};
    switch (s.draw(5)) {
    case 0:
        s.later("ALTER TABLE dwh.datamartusers ATTACH PARTITION " + *part + ' ' + *bounds);
        return {"ALTER TABLE dwh.datamartusers DETACH PARTITION " + *part,
                "UPDATE " + *part + " SET history_whole_open = " + number(s.draw(900))};
    case 1:
        s.later(refill_users());
        return {"TRUNCATE " + *part};
    case 2:
        return {"DELETE FROM " + *part + " WHERE dimension_user_id = (SELECT min(dimension_user_id) FROM " + *part +
                ")"};
    case 3:
        return {"UPDATE " + *part + " SET history_whole_open = " + number(s.draw(900)) +
                " WHERE dimension_user_id = (SELECT min(dimension_user_id) FROM " + *part + ")"};
    default:
        return {"UPDATE dwh.datamartusers SET dimension_user_id = " + number(s.unused()) +
                " WHERE dimension_user_id = (SELECT min(dimension_user_id) FROM " + *part + ")"};
    }
}

std::string refill_countries() {
    return refill("datamartcountries", "model.countries", "'json_exported', false",
                  "NOT EXISTS (SELECT FROM dwh.datamartcountries d"
                  " WHERE d.dimension_country_id = m.dimension_country_id)");
}

// When the server crashes such a table is empty afterwards, without any statement. Mostly it does not.
statements unlogged(scene& s) {
    s.later(refill_countries());
    return {"ALTER TABLE dwh.datamartcountries SET " + s.pick<std::string>({"UNLOGGED", "UNLOGGED", "LOGGED"}),
            "UPDATE dwh.datamartcountries SET history_whole_open = " + number(s.draw(900)) +
                " WHERE country_id = " + s.country_id().value_or("0")};
}

statements swap_dimension(scene& s) {
    auto const change = s.pick<std::string>(
        {"; UPDATE dwh.fresh SET is_current = NOT is_current WHERE user_id = " + s.user_id().value_or("0"),
         "; UPDATE dwh.fresh SET is_current = NOT is_current WHERE user_id BETWEEN 30000001 AND 30000003",
         "; UPDATE dwh.fresh SET experience_level_id = 2 WHERE user_id = " + s.user_id().value_or("0"),
         "; DELETE FROM dwh.fresh WHERE user_id = 30000001"});
    auto const grant =
        s.shape().installed ? "; GRANT SELECT ON dwh.dimension_users TO osm_notes_exporter" : std::string{};
    if (s.draw(3) == 0)
        return {"CREATE TABLE dwh.fresh AS SELECT * FROM dwh.dimension_users" + change +
                "; TRUNCATE dwh.dimension_users; INSERT INTO dwh.dimension_users SELECT * FROM dwh.fresh;"
                " DROP TABLE dwh.fresh"};
    return {without_view("CREATE TABLE dwh.fresh AS SELECT * FROM dwh.dimension_users" + change +
                         "; DROP TABLE dwh.dimension_users; ALTER TABLE dwh.fresh RENAME TO dimension_users" + grant)};
}

// Rows of a child are rows of the parent, and triggers of the parent do not see them.
statements child_table(scene& s) {
    if (s.shape().partitioned)
        return {};
    auto const key = number(s.unused());
    s.later("UPDATE dwh.child SET history_whole_open = " + number(s.draw(900)));
    if (s.draw(2) == 0)
        s.later("DROP TABLE IF EXISTS dwh.child");
    return {"CREATE TABLE dwh.child () INHERITS (dwh.datamartusers)" + grants(s, "child"),
            "INSERT INTO dwh.child SELECT made.* FROM (SELECT * FROM ONLY dwh.datamartusers LIMIT 1) d,"
            " LATERAL json_populate_record(NULL::dwh.child, (to_jsonb(d) || '{\"dimension_user_id\": " +
                key + ", \"user_id\": " + key + "}')::json) AS made"};
}

} // namespace

std::vector<step> table_steps() {
    return {{"swap users", false, swap_users},
            {"swap countries", false, swap_countries},
            {"truncate and load", false, truncate_and_load},
            {"delete and load", false, delete_and_load},
            {"rename away", false, rename_away},
            {"rewrite", true, rewrite},
            {"dump and restore", true, dump_and_restore},
            {"partitions", false, partitions},
            {"unlogged", false, unlogged},
            {"swap dimension", false, swap_dimension},
            {"child table", false, child_table}};
}

} // namespace model
