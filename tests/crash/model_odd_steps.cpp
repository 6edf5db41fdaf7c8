// Rows that should not be, and triggers that do not see what happens to rows.
#include "crash/model_plan.hpp"

namespace model {

namespace {

using statements = std::vector<std::string>;

std::string number(std::int64_t n) {
    return std::to_string(n);
}

constexpr auto users_pkey = "SELECT quote_ident(conname) FROM pg_constraint"
                            " WHERE conrelid = to_regclass('dwh.datamartusers') AND contype = 'p'";

// The key is no key any more; then a row is there twice, or the key stands for two people.
statements double_key(scene& s) {
    auto const key = s.user_key();
    if (!key)
        return {};
    auto const pkey = s.value(users_pkey);
    statements all;
    if (pkey)
        all.push_back("ALTER TABLE dwh.datamartusers DROP CONSTRAINT " + *pkey);
    auto const change = s.pick<std::string>({"", ", 'user_id', " + number(s.unused()), ", 'history_whole_open', 4711"});
    all.push_back(refill("datamartusers", "dwh.datamartusers",
                         "'json_exported', " + s.pick<std::string>({"false", "true"}) + change,
                         "m.dimension_user_id = " + *key));
    return all;
}

statements null_key(scene& s) {
    auto const key = s.user_key();
    if (!key)
        return {};
    auto const pkey = s.value(users_pkey);
    statements all;
    if (pkey)
        all.push_back("ALTER TABLE dwh.datamartusers DROP CONSTRAINT " + *pkey);
    if (s.shape().partitioned)
        return all; // no partition by range takes it
    all.push_back("ALTER TABLE dwh.datamartusers ALTER dimension_user_id DROP NOT NULL");
    all.push_back("UPDATE dwh.datamartusers SET dimension_user_id = NULL WHERE dimension_user_id = " + *key);
    return all;
}

statements double_country(scene& s) {
    auto const id = s.country_id();
    if (!id)
        return {};
    return {"ALTER TABLE dwh.datamartcountries DROP CONSTRAINT IF EXISTS datamartcountries_pkey",
            "INSERT INTO dwh.datamartcountries SELECT * FROM dwh.datamartcountries WHERE country_id = " + *id};
}

statements double_type(scene& s) {
    auto const type = number(1 + s.draw(7));
    return {"ALTER TABLE dwh.contributor_types DROP CONSTRAINT IF EXISTS contributor_types_pkey",
            "INSERT INTO dwh.contributor_types SELECT * FROM dwh.contributor_types WHERE contributor_type_id = " +
                type};
}

// Some other day it is as it should be again.
statements refused_user(scene& s) {
    auto const key = s.user_key();
    if (!key)
        return {};
    auto const where = " WHERE dimension_user_id = " + *key;
    auto const bad =
        s.pick<std::string>({"avg_days_to_resolution = 'NaN'", "history_whole_open = -5", "history_whole_open = NULL",
                             "username = ''", "username = NULL", "quarter = 7"});
    if (s.draw(2) == 0)
        s.later("UPDATE dwh.datamartusers SET avg_days_to_resolution = 1, history_whole_open = 5, username = 'well',"
                " quarter = 1" +
                where);
    return {"UPDATE dwh.datamartusers SET " + bad + where};
}

statements refused_country(scene& s) {
    auto const id = s.country_id();
    if (!id)
        return {};
    auto const where = " WHERE country_id = " + *id;
    auto const bad =
        s.pick<std::string>({"notes_health_score = 150", "country_name = ''", "new_vs_resolved_ratio = 'NaN'"});
    if (s.draw(2) == 0)
        s.later("UPDATE dwh.datamartcountries SET notes_health_score = 15, country_name = 'well',"
                " new_vs_resolved_ratio = 1" +
                where);
    return {"UPDATE dwh.datamartcountries SET " + bad + where};
}

statements refused_global(scene& s) {
    s.later("UPDATE dwh.datamartglobal SET resolution_rate = 50");
    return {"UPDATE dwh.datamartglobal SET resolution_rate = NULL, history_whole_open = " + number(s.draw(1000))};
}

statements mark_by_hand(scene& s) {
    auto const key = s.user_key();
    if (!key)
        return {};
    auto const flag = s.pick<std::string>({"TRUE", "FALSE", "NULL"});
    auto const what = s.pick<std::string>({"", ", history_whole_open = " + number(s.draw(100))});
    return {"UPDATE dwh.datamartusers SET json_exported = " + flag + what +
            (s.draw(3) == 0 ? "" : " WHERE dimension_user_id = " + *key)};
}

std::string unseen_change(scene& s) {
    auto const key = s.user_key().value_or("0");
    auto const n = number(s.draw(1000));
    return s.pick<std::string>(
        {"UPDATE dwh.datamartusers SET history_whole_open = " + n + " WHERE dimension_user_id = " + key,
         "DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + key,
         "UPDATE dwh.datamartusers SET user_id = " + number(s.unused()) + " WHERE dimension_user_id = " + key,
         "UPDATE dwh.dimension_users SET is_current = NOT is_current WHERE user_id = " + s.user_id().value_or("0"),
         "UPDATE dwh.contributor_types SET contributor_type_name = 'type " + n + "' WHERE contributor_type_id = 3",
         "UPDATE dwh.datamartcountries SET history_whole_open = " + n +
             " WHERE country_id = " + s.country_id().value_or("0")});
}

statements with_triggers_disabled(scene& s) {
    auto const all = [](std::string const& what) {
        std::string sql;
        for (auto const* const table : {"datamartusers", "datamartcountries", "dimension_users", "contributor_types"})
            sql += std::string{sql.empty() ? "" : "; "} + "ALTER TABLE dwh." + table + ' ' + what + " TRIGGER USER";
        return sql;
    };
    auto const change = unseen_change(s);
    if (s.draw(2) == 0)
        return {all("DISABLE") + "; " + change + "; " + all("ENABLE")};
    s.later(all("ENABLE"));
    return {all("DISABLE"), change};
}

statements with_one_trigger_disabled(scene& s) {
    auto const name = s.one_of("SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass('dwh.datamartusers')"
                               " AND NOT tgisinternal ORDER BY 1");
    if (!name)
        return {};
    auto const alter = [&](std::string const& what) {
        return "ALTER TABLE dwh.datamartusers " + what + " TRIGGER " + *name;
    };
    return {alter("DISABLE") + "; " + unseen_change(s) + "; " +
            alter(s.pick<std::string>({"ENABLE", "ENABLE ALWAYS"}))};
}

statements as_replica(scene& s) {
    return {"SET session_replication_role = replica; " + unseen_change(s) + "; RESET session_replication_role"};
}

// Somebody's trigger, behind ours in the alphabet, that sets a column whenever a row is written: after one more write
// nothing changes any more. Dropping it would make the program look at everything.
statements foreign_trigger(scene& s) {
    auto const name = s.pick<std::string>({"aa_tidy", "zz_tidy"});
    if (s.draw(3) == 0)
        s.later("DROP TRIGGER IF EXISTS " + name + " ON dwh.datamartusers");
    return {"CREATE OR REPLACE FUNCTION model.tidy() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN NEW.month_name := 'tidy ' || coalesce(NEW.history_whole_open, 0); RETURN NEW; END $$;"
            " CREATE OR REPLACE TRIGGER " +
                name + " BEFORE INSERT OR UPDATE ON dwh.datamartusers FOR EACH ROW EXECUTE FUNCTION model.tidy()",
            unseen_change(s)};
}

} // namespace

std::vector<step> odd_row_steps() {
    return {{"double key", false, double_key},
            {"key NULL", false, null_key},
            {"double country", false, double_country},
            {"double type", false, double_type},
            {"refused user", false, refused_user},
            {"refused country", false, refused_country},
            {"refused global row", false, refused_global},
            {"mark by hand", false, mark_by_hand},
            {"triggers disabled", false, with_triggers_disabled},
            {"one trigger disabled", false, with_one_trigger_disabled},
            {"as replica", false, as_replica},
            {"somebody's trigger", false, foreign_trigger}};
}

} // namespace model
