// Columns and types that change, the export view, the tables of names, and what install.sql made.
#include "crash/model_plan.hpp"

namespace model {

namespace {

using statements = std::vector<std::string>;

std::string number(std::int64_t n) {
    return std::to_string(n);
}

statements alter_type(scene& s) {
    struct change {
        std::string table, column, type;
    };
    auto const c = s.pick<change>({{"datamartcountries", "avg_days_to_resolution", "numeric(12,3)"},
                                   {"datamartcountries", "avg_days_to_resolution", "numeric(10,2)"},
                                   {"datamartcountries", "country_name", "text"},
                                   {"datamartcountries", "country_name", "varchar(90)"},
                                   {"datamartcountries", "history_whole_open", "bigint"},
                                   {"datamartcountries", "country_id", "bigint"},
                                   {"datamartusers", "avg_days_to_resolution", "numeric(12,4)"},
                                   {"datamartusers", "avg_days_to_resolution", "numeric(10,1)"},
                                   {"datamartusers", "last_year_activity", "char(400)"},
                                   {"datamartusers", "username", "text"},
                                   {"datamartusers", "user_id", "bigint"},
                                   {"datamartusers", "month_name", "varchar(20)"},
                                   {"datamartusers", "month_name", "char(20)"},
                                   {"dimension_users", "is_current", "boolean USING NOT is_current"},
                                   {"dimension_users", "user_id", "bigint"},
                                   {"dimension_users", "username", "text"},
                                   {"contributor_types", "contributor_type_name", "char(70)"},
                                   {"contributor_types", "contributor_type_name", "text"},
                                   {"datamartglobal", "resolution_rate", "numeric(6,3)"},
                                   {"dimension_experience_levels", "experience_level", "char(40)"}});
    return {without_view("ALTER TABLE dwh." + c.table + " ALTER " + c.column + " TYPE " + c.type)};
}

statements add_column(scene& s) {
    auto const table = s.pick<std::string>(
        {"datamartusers", "datamartcountries", "datamartglobal", "contributor_types", "dimension_users"});
    auto const name = s.pick<std::string>({"history_2027_open", "extra"});
    return {"ALTER TABLE dwh." + table + " ADD " + name + " integer DEFAULT " + number(s.draw(9))};
}

statements drop_column(scene& s) {
    auto const table = s.pick<std::string>({"datamartusers", "datamartcountries", "datamartglobal"});
    auto const name =
        s.one_of("SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = to_regclass('dwh." + table +
                 "') AND attnum > 0 AND NOT attisdropped AND (attname LIKE 'history\\_20%' OR attname = 'extra'"
                 " OR attname LIKE 'ranking%') ORDER BY 1");
    if (!name)
        return {};
    return {s.draw(2) == 0 ? "ALTER TABLE dwh." + table + " DROP " + *name
                           : "ALTER TABLE dwh." + table + " RENAME " + *name + " TO extra_" + number(s.draw(1000))};
}

statements enum_label(scene& s) {
    auto const table = s.pick<std::string>({"datamartusers", "datamartcountries"});
    if (s.draw(2) == 0)
        return {"ALTER TABLE dwh." + table + " ADD mood model.mood DEFAULT 'glad'"};
    auto const label = s.one_of("SELECT enumlabel FROM pg_enum WHERE enumtypid = 'model.mood'::regtype ORDER BY 1");
    return {"ALTER TYPE model.mood RENAME VALUE '" + label.value_or("glad") + "' TO 'mood " + number(s.draw(1000)) +
            "'"};
}

statements composite_attribute(scene& s) {
    auto const table = s.pick<std::string>({"datamartusers", "datamartcountries"});
    if (s.draw(2) == 0)
        return {"ALTER TABLE dwh." + table + " ADD both_of model.pair DEFAULT ROW(1, 'x')::model.pair"};
    auto const name = s.one_of("SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = 'model.pair'::regclass"
                               " AND NOT attisdropped ORDER BY attnum");
    return {"ALTER TYPE model.pair RENAME ATTRIBUTE " + name.value_or("one") + " TO a" + number(s.draw(1000))};
}

statements refresh_view(scene& s) {
    if (s.shape().view != "materialized")
        return {};
    return {s.pick<std::string>({"REFRESH MATERIALIZED VIEW dwh.datamartusers_export",
                                 "REFRESH MATERIALIZED VIEW CONCURRENTLY dwh.datamartusers_export"})};
}

std::string make_view(scene& s, std::string const& expression) {
    auto const kind = s.shape().view == "materialized" ? "MATERIALIZED VIEW" : "VIEW";
    return "CREATE " + std::string{kind} +
           " dwh.datamartusers_export AS SELECT d.dimension_user_id, d.user_id, d.username, d.id_contributor_type,"
           " d.history_whole_open, d.history_whole_closed, " +
           expression + " AS extra, d.json_exported FROM dwh.datamartusers d";
}

std::string drop_view(scene& s) {
    auto const kind = s.value("SELECT relkind FROM pg_class WHERE oid = to_regclass('dwh.datamartusers_export')");
    return "DROP " + std::string{kind == "m" ? "MATERIALIZED VIEW" : "VIEW"} + " IF EXISTS dwh.datamartusers_export";
}

statements replace_view(scene& s) {
    auto const expression = s.pick<std::string>(
        {"upper(d.username)", "d.avg_days_to_resolution", "42", "(SELECT count(*) FROM dwh.datamartcountries)"});
    auto const make = make_view(s, expression);
    if (s.draw(2) == 0)
        return {drop_view(s) + "; " + make};
    s.later(drop_view(s) + "; " + make);
    return {drop_view(s)};
}

statements lose_view(scene& s) {
    return {drop_view(s)};
}

std::string types_from_memory(scene& s) {
    return "CREATE TABLE dwh.contributor_types AS SELECT contributor_type_id, contributor_type_name || ' " +
           number(s.draw(100)) + "' AS contributor_type_name, contributor_type_name_en FROM model.types" +
           (s.shape().installed ? "; GRANT SELECT ON dwh.contributor_types TO osm_notes_exporter" : "");
}

statements replace_types(scene& s) {
    auto const make = types_from_memory(s);
    if (s.draw(2) == 0)
        return {"DROP TABLE IF EXISTS dwh.contributor_types; " + make};
    s.later("DROP TABLE IF EXISTS dwh.contributor_types; " + make);
    return {"DROP TABLE IF EXISTS dwh.contributor_types"};
}

statements change_type(scene& s) {
    auto const id = number(1 + s.draw(7));
    switch (s.draw(4)) {
    case 0:
        return {"DELETE FROM dwh.contributor_types WHERE contributor_type_id = " + id};
    case 1:
        return {"INSERT INTO dwh.contributor_types SELECT 8, 'the eighth', NULL WHERE NOT EXISTS"
                " (SELECT FROM dwh.contributor_types WHERE contributor_type_id = 8)"};
    default:
        return {"UPDATE dwh.contributor_types SET contributor_type_name = 'type " + number(s.draw(1000)) +
                "' WHERE contributor_type_id = " + id};
    }
}

statements request(scene& s) {
    if (!s.shape().installed)
        return {};
    return {s.pick<std::string>({"SELECT dwh.request_json_export()", "SELECT dwh.request_json_export(true)"})};
}

statements empty_state(scene& s) {
    if (!s.shape().installed)
        return {};
    return {s.pick<std::string>({"DELETE FROM dwh.json_export_state", "TRUNCATE dwh.json_export_state",
                                 "UPDATE dwh.json_export_state SET generation = 0", "TRUNCATE dwh.json_export_runs"})};
}

statements install_again(scene& s) {
    if (!s.shape().installed)
        return {};
    return {"$ " + install_command()};
}

statements drop_own_index(scene& s) {
    auto const name = s.one_of("SELECT oid::regclass FROM pg_class WHERE relkind = 'i' AND relname LIKE"
                               " 'json\\_export\\_%\\_pending' ORDER BY 1");
    return name ? statements{"DROP INDEX " + *name} : statements{};
}

// What applies to every new session of this database, and not to those of a copy of it.
statements database_setting(scene& s) {
    auto const name = s.value("SELECT quote_ident(current_database())").value_or("");
    auto const setting =
        s.pick<std::string>({"timezone = 'Asia/Tokyo'", "datestyle = 'German'", "extra_float_digits = 0",
                             "search_path = 'public'", "bytea_output = 'escape'", "work_mem = '64kB'",
                             "default_transaction_isolation = 'serializable'", "enable_indexscan = off"});
    s.later("ALTER DATABASE " + name + " RESET ALL");
    return {"ALTER DATABASE " + name + " SET " + setting};
}

} // namespace

std::vector<step> column_steps() {
    return {{"alter type", false, alter_type},
            {"add column", false, add_column},
            {"drop or rename column", false, drop_column},
            {"enum label", false, enum_label},
            {"composite attribute", false, composite_attribute}};
}

std::vector<step> view_steps() {
    return {{"refresh view", false, refresh_view},
            {"replace view", false, replace_view},
            {"lose view", false, lose_view},
            {"replace types", false, replace_types},
            {"change type", false, change_type}};
}

std::vector<step> own_steps() {
    return {{"request", false, request},
            {"empty state", false, empty_state},
            {"install again", true, install_again},
            {"drop own index", false, drop_own_index},
            {"database setting", false, database_setting}};
}

} // namespace model
