// What the ETL and its operators do with rows.
#include "crash/model_plan.hpp"

namespace model {

namespace {

using statements = std::vector<std::string>;

std::string number(std::int64_t n) {
    return std::to_string(n);
}

std::string some_name(scene& s) {
    return "'name \"" + number(s.draw(100'000)) + "\\\" é 山'";
}

statements one(std::string sql) {
    return {std::move(sql)};
}

std::string set_for_user(scene& s) {
    auto const n = number(s.draw(1000));
    switch (s.draw(6)) {
    case 0:
        return "history_whole_open = " + n;
    case 1:
        return "history_whole_closed = " + n + ", history_whole_open = " + number(s.draw(9));
    case 2:
        return "username = " + some_name(s);
    case 3:
        return "id_contributor_type = " + number(s.draw(9)); // 0 and 8 are nobody's
    case 4:
        return "hashtags = '[{\"rank\": 1,  \"hashtag\": \"#" + n + "\"}, \n {\"rank\":2}]'";
    default:
        return "avg_days_to_resolution = " + n + ".25, date_starting_creating_notes = date '2014-01-01' + " + n;
    }
}

statements change_user(scene& s) {
    auto const key = s.user_key();
    if (!key)
        return {};
    return one("UPDATE dwh.datamartusers SET " + set_for_user(s) + " WHERE dimension_user_id = " + *key);
}

// As the ETL does: many small updates of one row in one transaction, and the mark is cleared in it.
statements recompute_user(scene& s) {
    auto const key = s.user_key();
    if (!key)
        return {};
    std::string sql;
    for (int i = s.draw(15); i >= 0; --i)
        sql += "UPDATE dwh.datamartusers SET " + set_for_user(s) + " WHERE dimension_user_id = " + *key + "; ";
    auto const where = " WHERE dimension_user_id = " + *key;
    return {"UPDATE dwh.dimension_users SET modified = TRUE" + where,
            sql + "UPDATE dwh.dimension_users SET modified = FALSE" + where};
}

/// A new row for an id with a dimension row; all other columns are those of another user.
std::string new_user(std::string const& key, std::string const& id, std::string const& name, int open) {
    return "INSERT INTO dwh.dimension_users (dimension_user_id, user_id, username, modified, is_current,"
           " experience_level_id) VALUES (" +
           key + ", " + id + ", " + name + ", TRUE, TRUE, 1); " +
           refill("datamartusers", "model.users",
                  "'dimension_user_id', " + key + ", 'user_id', " + id + ", 'username', " + name +
                      "::text, 'history_whole_open', " + number(open) + ", 'json_exported', false",
                  "m.dimension_user_id = 1");
}

statements insert_user(scene& s) {
    return one(new_user(number(s.unused()), number(s.unused()), some_name(s), s.draw(100)));
}

statements delete_user(scene& s) {
    auto const id = s.user_id();
    return id ? one("DELETE FROM dwh.datamartusers WHERE user_id = " + *id) : statements{};
}

statements delete_row(scene& s) {
    auto const key = s.user_key();
    return key ? one("DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + *key) : statements{};
}

statements rename_user(scene& s) {
    auto const id = s.user_id();
    if (!id)
        return {};
    return one("UPDATE dwh.dimension_users SET is_current = FALSE" +
               std::string{s.draw(2) == 0 ? "" : ", modified = TRUE"} + " WHERE user_id = " + *id + "; " +
               new_user(number(s.unused()), *id, some_name(s), s.draw(100)));
}

// Of the rows of a renamed user another one is the current one, and nobody says "modified".
statements flip_current(scene& s) {
    auto const id = s.one_of("SELECT user_id FROM dwh.datamartusers WHERE user_id >= 1 GROUP BY user_id"
                             " HAVING count(*) > 1 ORDER BY 1");
    if (!id)
        return rename_user(s);
    return one("UPDATE dwh.dimension_users SET is_current = NOT coalesce(is_current, false) WHERE user_id = " + *id);
}

statements renumber_user(scene& s) {
    auto const key = s.user_key();
    if (!key)
        return {};
    auto const id = s.pick<std::string>({number(s.unused()), s.user_id().value_or("5"), "NULL", "0", "-1"});
    auto const where = " WHERE dimension_user_id = " + *key;
    return one("UPDATE dwh.datamartusers SET user_id = " + id + where);
}

statements swap_ids(scene& s) {
    auto const a = s.user_id();
    auto const b = s.user_id();
    if (!a || !b)
        return {};
    return one("UPDATE dwh.datamartusers SET user_id = CASE user_id WHEN " + *a + " THEN " + *b + " ELSE " + *a +
               " END WHERE user_id IN (" + *a + ", " + *b + ")");
}

statements change_country(scene& s) {
    auto const id = s.country_id();
    if (!id)
        return {};
    auto const n = number(s.draw(1000));
    auto const set = s.pick<std::string>({"history_whole_open = " + n, "country_name = " + some_name(s),
                                          "notes_health_score = " + number(s.draw(99)) + ".5",
                                          "country_id = " + number(s.unused())});
    return one("UPDATE dwh.datamartcountries SET " + set + " WHERE country_id = " + *id);
}

statements remove_country(scene& s) {
    auto const id = s.country_id();
    if (!id)
        return {};
    s.later(refill("datamartcountries", "model.countries", "'json_exported', false",
                   "m.country_id = " + *id +
                       " AND NOT EXISTS (SELECT FROM dwh.datamartcountries c"
                       " WHERE c.dimension_country_id = m.dimension_country_id)"));
    return one("DELETE FROM dwh.datamartcountries WHERE country_id = " + *id);
}

statements change_global(scene& s) {
    auto const n = number(s.draw(100'000));
    if (s.draw(4) == 0) {
        s.later(refill("datamartglobal", "model.global", "", "NOT EXISTS (SELECT FROM dwh.datamartglobal)"));
        return one("DELETE FROM dwh.datamartglobal");
    }
    return one("UPDATE dwh.datamartglobal SET history_whole_open = " + n);
}

statements announce(scene& s) {
    auto const key = s.user_key();
    return key ? one("UPDATE dwh.dimension_users SET modified = TRUE WHERE dimension_user_id = " + *key) : statements{};
}

statements change_level(scene& s) {
    auto const key = s.user_key();
    if (!key)
        return {};
    if (s.draw(3) == 0)
        return one("UPDATE dwh.dimension_experience_levels SET experience_level = " + some_name(s) +
                   " WHERE dimension_experience_id = " + number(1 + s.draw(6)));
    return one("UPDATE dwh.dimension_users SET experience_level_id = " + number(1 + s.draw(6)) +
               " WHERE dimension_user_id = " + *key);
}

// What a PL/pgSQL block with EXCEPTION does gets a transaction number of its own.
statements in_subtransaction(scene& s) {
    auto const a = change_user(s);
    auto const b = change_user(s);
    if (a.empty() || b.empty())
        return {};
    if (s.draw(2) == 0)
        return one("DO $$ BEGIN BEGIN " + a[0] + "; EXCEPTION WHEN division_by_zero THEN NULL; END; END $$");
    return one("DO $$ BEGIN BEGIN " + a[0] + "; PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN " + b[0] +
               "; END; END $$");
}

statements upsert(scene& s) {
    auto const key = s.user_key();
    if (!key)
        return {};
    return one("MERGE INTO dwh.datamartusers d USING (VALUES (" + *key +
               ")) AS v(key) ON d.dimension_user_id = v.key WHEN MATCHED THEN UPDATE SET history_whole_closed = " +
               number(s.draw(500)));
}

} // namespace

std::vector<step> row_steps() {
    return {{"change user", false, change_user},
            {"recompute user", false, recompute_user},
            {"insert user", false, insert_user},
            {"delete user", false, delete_user},
            {"delete row", false, delete_row},
            {"rename user", false, rename_user},
            {"flip current", false, flip_current},
            {"renumber user", false, renumber_user},
            {"swap ids", false, swap_ids},
            {"change country", false, change_country},
            {"remove country", false, remove_country},
            {"change global", false, change_global},
            {"announce", false, announce},
            {"change level", false, change_level},
            {"subtransaction", false, in_subtransaction},
            {"upsert", false, upsert}};
}

} // namespace model
