#pragma once

#include <cstdint>
#include <cstdlib>
#include <libpq-fe.h>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>

namespace test {

inline std::uint64_t number_from_environment(char const* name, std::uint64_t otherwise) {
    char const* const text = std::getenv(name);
    return text == nullptr ? otherwise : std::stoull(text);
}

/// Makes random small transactions, one after the other. The same seed makes the same statements.
class random_writer {
public:
    random_writer(std::string const& conninfo, std::uint64_t seed)
        : m_random{seed}, m_connection{PQconnectdb(conninfo.c_str()), PQfinish} {
        exec("SET client_min_messages = error");
    }

    /// Between NOTIFY and commit anything may happen, as in the ETL: the notification arrives with the commit.
    void transaction() {
        std::string sql = "BEGIN;";
        for (int n = one_of(3); n >= 0; --n)
            sql += change();
        if (one_of(10) < 8)
            sql += "NOTIFY osm_notes_export, '" + std::to_string(m_random()) + "';";
        bool const keep = one_of(10) < 8;
        if (exec(sql + (keep ? "COMMIT" : "ROLLBACK")))
            ++(keep ? m_committed : m_rolled_back);
    }

    std::size_t committed() const noexcept { return m_committed; }
    std::size_t rolled_back() const noexcept { return m_rolled_back; }
    std::size_t deadlocks() const noexcept { return m_deadlocks; }

private:
    int one_of(int n) { return static_cast<int>(m_random() % static_cast<unsigned>(n)); }
    std::string number(int n) { return std::to_string(one_of(n)); }

    /// The value in any row of the table.
    std::string some(std::string const& column, std::string const& table) {
        return "(SELECT " + column + " FROM dwh." + table + " ORDER BY " + column + " OFFSET " + number(100) +
               " % greatest(1, (SELECT count(*) FROM dwh." + table + ")) LIMIT 1)";
    }
    std::string name() { return "'name \"" + number(1'000'000) + "\\\" é 山\\'"; }

    std::string change() {
        switch (one_of(12)) {
        case 0:
        case 1:
        case 2:
            return "UPDATE dwh.datamartusers SET history_whole_open = " + number(100) +
                   ", history_whole_closed = " + number(100) +
                   " WHERE dimension_user_id = " + some("dimension_user_id", "datamartusers") + ";";
        case 3:
            return std::string{"UPDATE dwh.dimension_users SET modified = "} + (one_of(2) == 0 ? "TRUE" : "FALSE") +
                   " WHERE dimension_user_id = " + some("dimension_user_id", "dimension_users") + ";";
        case 4:
        case 5:
            return insert_user(std::to_string(40'000'000 + one_of(1000)));
        case 6:
            return delete_user();
        case 7:
            return rename_user();
        case 8:
            return "UPDATE dwh.datamartusers SET username = " + name() + ", hashtags = '[" + number(100) +
                   "]' WHERE dimension_user_id = " + some("dimension_user_id", "datamartusers") + ";";
        case 9:
            return "UPDATE dwh.datamartcountries SET history_whole_open = " + number(100) +
                   " WHERE country_id = " + some("country_id", "datamartcountries") + ";";
        case 10:
            return "UPDATE dwh.datamartglobal SET history_whole_open = " + number(100) + ";";
        default:
            return "UPDATE dwh.dimension_users SET experience_level_id = 1 + " + number(3) +
                   " WHERE dimension_user_id = " + some("dimension_user_id", "dimension_users") + ";";
        }
    }

    /// A new dimension row and its datamart row, otherwise like that of another user.
    std::string insert_user(std::string const& id) {
        return "WITH made AS (INSERT INTO dwh.dimension_users (user_id, username, modified, is_current,"
               " experience_level_id) VALUES (" +
               id + ", " + name() +
               ", TRUE, TRUE, 1) RETURNING *)"
               " INSERT INTO dwh.datamartusers SELECT (json_populate_record(model, json_build_object("
               "'dimension_user_id', made.dimension_user_id, 'user_id', made.user_id, 'username', made.username,"
               " 'history_whole_open', " +
               number(100) +
               ", 'json_exported', false))).*"
               " FROM made, (SELECT m AS model FROM dwh.datamartusers m ORDER BY user_id LIMIT 1) AS first;";
    }

    // Never so many at a time that the shrink guard takes it for a failed load.
    std::string delete_user() {
        return "DELETE FROM dwh.datamartusers WHERE user_id = " + some("user_id", "datamartusers") +
               " AND (SELECT count(*) FROM dwh.json_export_log) < 5"
               " AND (SELECT count(*) FROM dwh.datamartusers) > 20;";
    }

    /// The old dimension row is current no more; both keep their datamart row.
    std::string rename_user() {
        auto const id = some("user_id", "datamartusers");
        return "UPDATE dwh.dimension_users SET is_current = FALSE, modified = TRUE WHERE user_id = " + id + ";" +
               insert_user(id);
    }

    bool exec(std::string const& sql) {
        std::unique_ptr<PGresult, void (*)(PGresult*)> const r{PQexec(m_connection.get(), sql.c_str()), PQclear};
        auto const status = PQresultStatus(r.get());
        if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
            return true;
        char const* const state = PQresultErrorField(r.get(), PG_DIAG_SQLSTATE);
        // Its random order of rows can meet that of the daemon's marks; then one of the two has to try again.
        if (state == nullptr || std::string{state} != "40P01")
            throw std::runtime_error{sql + ": " + PQerrorMessage(m_connection.get())};
        ++m_deadlocks;
        return exec("ROLLBACK") && false;
    }

    std::mt19937_64 m_random;
    std::unique_ptr<PGconn, void (*)(PGconn*)> m_connection;
    std::size_t m_committed = 0;
    std::size_t m_rolled_back = 0;
    std::size_t m_deadlocks = 0;
};

} // namespace test
