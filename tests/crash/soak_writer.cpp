#include "crash/soak_writer.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <stdexcept>

namespace soak {

namespace {

/// Single deletions stop here: more at a time would be the shrink guard's business.
constexpr std::size_t most_missing = 2;

int draw(std::mt19937_64& random, int n) {
    return static_cast<int>(random() % static_cast<unsigned>(n));
}

std::string random_name(std::mt19937_64& random) {
    return "name \"" + std::to_string(draw(random, 1'000'000)) + "\\\" é 山\t'";
}

std::string number(std::int64_t n) {
    return std::to_string(n);
}

} // namespace

writer::writer(int n, std::function<PGconn*()> connect, warehouse initial)
    : m_number{n},
      m_connect{std::move(connect)},
      m_connection{m_connect()},
      m_committed{std::move(initial)},
      m_working{m_committed},
      m_next_key{1'000'000 * (n + 1)} {
    for (auto const& [key, row] : m_committed.users)
        m_ids.push_back(row.id);
    for (int i = 0; i < 20; ++i)
        m_ids.push_back(50'000'000 + 1000 * n + i);
}

void writer::step(std::mt19937_64& random) {
    if (!m_open)
        return begin();
    int const what = draw(random, 100);
    if (m_failed || what < 6)
        roll_back();
    else if (what < 30)
        commit();
    else
        change(random);
}

void writer::begin() {
    ++m_transaction;
    m_working = m_committed;
    m_failed = false;
    m_open = exec("BEGIN; INSERT INTO soak.ledger VALUES (" + number(m_number) + ", " + number(m_transaction) + ")");
}

void writer::commit() {
    m_open = false;
    if (m_transaction % 3 != 0) // the others are found by polling
        exec("NOTIFY osm_notes_export, 'soak'");
    bool const sent = !m_failed;
    if (!exec("COMMIT") && !(sent && counts(m_transaction))) {
        ++m_failures;
        exec("ROLLBACK");
        return;
    }
    m_committed = m_working;
    ++m_commits;
}

void writer::roll_back() {
    m_open = false;
    m_failures += m_failed ? 1U : 0U;
    exec("ROLLBACK");
}

void writer::settle(std::mt19937_64& random) {
    if (m_open && !m_failed)
        commit();
    else if (m_open)
        roll_back();
    while (missing(m_committed) > most_missing) {
        begin();
        insert_all_missing(random, most_missing);
        commit();
    }
}

void writer::change(std::mt19937_64& random) {
    int const what = draw(random, 100);
    if (what < 25)
        change_user(random);
    else if (what < 35)
        recompute_user(random);
    else if (what < 50)
        insert_missing_user(random);
    else if (what < 56)
        delete_user(random);
    else if (what < 60)
        delete_row(random);
    else if (what < 68)
        rename_user(random);
    else if (what < 76)
        change_country(random);
    else if (what < 81)
        change_global(random);
    else if (what < 83)
        rename_type(random);
    else if (what < 91)
        announce(random);
    else if (what < 98)
        try_and_take_back(random);
    else
        delete_all();
}

user_row* writer::some_user(std::mt19937_64& random) {
    auto const n = random();
    if (m_working.users.empty())
        return nullptr;
    return &std::next(m_working.users.begin(), static_cast<std::ptrdiff_t>(n % m_working.users.size()))->second;
}

void writer::change_user(std::mt19937_64& random) {
    auto* const row = some_user(random);
    if (row == nullptr)
        return;
    row->open = draw(random, 100);
    row->closed = draw(random, 100);
    row->type = 1 + draw(random, 7);
    row->name = random_name(random);
    exec("UPDATE dwh.datamartusers SET history_whole_open = " + number(row->open) +
         ", history_whole_closed = " + number(row->closed) + ", id_contributor_type = " + number(row->type) +
         ", username = " + literal(row->name) + " WHERE dimension_user_id = " + number(row->key));
}

// As the ETL does: many small updates of one row.
void writer::recompute_user(std::mt19937_64& random) {
    auto* const row = some_user(random);
    if (row == nullptr)
        return;
    std::string sql;
    for (int i = 0; i < 15; ++i) {
        row->open = draw(random, 100);
        sql += "UPDATE dwh.datamartusers SET history_whole_open = " + number(row->open) +
               " WHERE dimension_user_id = " + number(row->key) + ';';
    }
    exec(sql + "UPDATE dwh.dimension_users SET modified = FALSE WHERE dimension_user_id = " + number(row->key));
}

std::size_t writer::missing(warehouse const& in) const {
    std::set<std::int64_t> there;
    for (auto const& [key, row] : in.users)
        there.insert(row.id);
    return m_ids.size() - there.size();
}

void writer::insert_missing_user(std::mt19937_64& random) {
    auto const id = m_ids[random() % m_ids.size()];
    auto const there = std::ranges::any_of(m_working.users, [&](auto const& entry) { return entry.second.id == id; });
    if (!there)
        insert_user(id, random);
}

/// A new dimension row and its datamart row; all other columns are those of the pattern.
void writer::insert_user(std::int64_t id, std::mt19937_64& random) {
    user_row const row{m_next_key++,        id,  random_name(random), draw(random, 100), draw(random, 100),
                       1 + draw(random, 7), true};
    m_working.users.emplace(row.key, row);
    exec("INSERT INTO dwh.dimension_users (dimension_user_id, user_id, username, modified, is_current,"
         " experience_level_id) VALUES (" +
         number(row.key) + ", " + number(row.id) + ", " + literal(row.name) +
         ", TRUE, TRUE, 1); INSERT INTO dwh.datamartusers SELECT (json_populate_record(p.row, json_build_object("
         "'dimension_user_id', " +
         number(row.key) + ", 'user_id', " + number(row.id) + ", 'username', " + literal(row.name) +
         "::text, 'history_whole_open', " + number(row.open) + ", 'history_whole_closed', " + number(row.closed) +
         ", 'id_contributor_type', " + number(row.type) +
         ", 'json_exported', false))).* FROM (SELECT r AS row FROM soak.pattern r) p");
}

void writer::delete_user(std::mt19937_64& random) {
    auto const* const row = some_user(random);
    if (row == nullptr || missing(m_working) >= most_missing)
        return;
    auto const id = row->id;
    std::erase_if(m_working.users, [&](auto const& entry) { return entry.second.id == id; });
    exec("DELETE FROM dwh.datamartusers WHERE user_id = " + number(id));
}

/// One row only: of a renamed user another row is the published one then.
void writer::delete_row(std::mt19937_64& random) {
    auto const* const row = some_user(random);
    if (row == nullptr || missing(m_working) >= most_missing)
        return;
    auto const key = row->key;
    m_working.users.erase(key);
    exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id = " + number(key));
}

/// The old dimension row is current no more; both keep their datamart row.
void writer::rename_user(std::mt19937_64& random) {
    auto const* const row = some_user(random);
    if (row == nullptr)
        return;
    auto const id = row->id;
    for (auto& [key, other] : m_working.users)
        other.current = other.current && other.id != id;
    exec("UPDATE dwh.dimension_users SET is_current = FALSE, modified = TRUE WHERE user_id = " + number(id));
    insert_user(id, random);
}

void writer::change_country(std::mt19937_64& random) {
    auto const n = random();
    if (m_working.countries.empty())
        return;
    auto& row =
        std::next(m_working.countries.begin(), static_cast<std::ptrdiff_t>(n % m_working.countries.size()))->second;
    row.open = draw(random, 1000);
    row.name = random_name(random);
    exec("UPDATE dwh.datamartcountries SET history_whole_open = " + number(row.open) +
         ", country_name = " + literal(row.name) + " WHERE dimension_country_id = " + number(row.key));
}

void writer::change_global(std::mt19937_64& random) {
    int const open = draw(random, 100'000);
    if (!m_working.global_open)
        return;
    m_working.global_open = open;
    exec("UPDATE dwh.datamartglobal SET history_whole_open = " + number(open));
}

void writer::rename_type(std::mt19937_64& random) {
    int const type = 1 + draw(random, 7);
    auto const name = random_name(random);
    if (!m_renames_types || m_working.contributor_types.empty())
        return;
    m_working.contributor_types[type] = name;
    exec("UPDATE dwh.contributor_types SET contributor_type_name = " + literal(name) +
         " WHERE contributor_type_id = " + number(type));
}

/// The ETL's promise to recompute a row, which it may not keep.
void writer::announce(std::mt19937_64& random) {
    if (auto const* const row = some_user(random))
        exec("UPDATE dwh.dimension_users SET modified = TRUE WHERE dimension_user_id = " + number(row->key));
}

/// A load that failed half-way: everything is gone for a while.
void writer::delete_all() {
    std::string keys;
    for (auto const& [key, row] : m_working.users)
        keys += (keys.empty() ? "" : ",") + number(key);
    if (keys.empty())
        return;
    m_working.users.clear();
    exec("DELETE FROM dwh.datamartusers WHERE dimension_user_id IN (" + keys + ")");
}

void writer::insert_all_missing(std::mt19937_64& random, std::size_t keep_missing) {
    std::set<std::int64_t> there;
    for (auto const& [key, row] : m_working.users)
        there.insert(row.id);
    auto left = m_ids.size() - there.size();
    for (auto const id : m_ids)
        if (!there.contains(id) && left > keep_missing) {
            insert_user(id, random);
            --left;
        }
}

void writer::try_and_take_back(std::mt19937_64& random) {
    auto const before = m_working;
    exec("SAVEPOINT attempt");
    change_user(random);
    rename_user(random);
    delete_row(random);
    exec("ROLLBACK TO SAVEPOINT attempt");
    m_working = before;
}

/// A statement that fails, or gets no lock in time, spoils its transaction; a lost connection ends it.
bool writer::exec(std::string const& sql) {
    if (m_failed && sql != "ROLLBACK")
        return false;
    std::unique_ptr<PGresult, void (*)(PGresult*)> const r{PQexec(m_connection.get(), sql.c_str()), PQclear};
    auto const status = PQresultStatus(r.get());
    char const* const tag = PQcmdStatus(r.get());
    if ((status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) && (sql != "COMMIT" || std::string{tag} == "COMMIT"))
        return true;
    m_failed = true;
    if (PQstatus(m_connection.get()) != CONNECTION_OK) {
        connection_lost();
        return false;
    }
    char const* const field = PQresultErrorField(r.get(), PG_DIAG_SQLSTATE);
    std::string const state = field == nullptr ? "" : field;
    // Deadlock, lock not available, statement timeout, and what follows in the same transaction.
    if (status == PGRES_COMMAND_OK || state == "40P01" || state == "55P03" || state == "57014" || state == "25P02")
        return false;
    throw std::runtime_error{sql + ": " + PQerrorMessage(m_connection.get())};
}

void writer::connection_lost() {
    m_connection.reset();
    m_connection.reset(m_connect());
    if (m_connection == nullptr)
        throw std::runtime_error{"the server does not come back"};
}

bool writer::counts(std::int64_t transaction) {
    auto const sql =
        "SELECT FROM soak.ledger WHERE writer = " + number(m_number) + " AND transaction = " + number(transaction);
    std::unique_ptr<PGresult, void (*)(PGresult*)> const r{PQexec(m_connection.get(), sql.c_str()), PQclear};
    if (PQresultStatus(r.get()) != PGRES_TUPLES_OK)
        throw std::runtime_error{sql + ": " + PQerrorMessage(m_connection.get())};
    return PQntuples(r.get()) == 1;
}

std::string writer::literal(std::string const& text) const {
    std::unique_ptr<char, void (*)(void*)> const quoted{PQescapeLiteral(m_connection.get(), text.c_str(), text.size()),
                                                        PQfreemem};
    if (!quoted)
        throw std::runtime_error{PQerrorMessage(m_connection.get())};
    return quoted.get();
}

} // namespace soak
