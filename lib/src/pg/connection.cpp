#include "pg/connection.hpp"

#include <algorithm>
#include <array>

namespace notes_export::pg {

namespace {

std::string first_line(std::string_view text) {
    // libpq's messages end in a newline and may carry LINE/DETAIL lines, which can quote row contents.
    auto const end = std::min(text.find('\n'), text.size());
    return std::string{text.substr(0, end)};
}

std::string without_severity(std::string text) {
    for (std::string_view const severity : {"ERROR:  ", "FATAL:  ", "PANIC:  "})
        if (auto const at = text.find(severity); at != std::string::npos)
            text.erase(at, severity.size());
    return text;
}

// What is defaulted stands before the caller's conninfo, what is forced after it: libpq takes the last value.
PGconn* open(std::string const& conninfo, std::string const& application_name) {
    std::array<char const*, 10> const keys{
        "connect_timeout", "keepalives_idle",  "keepalives_interval", "keepalives_count", "tcp_user_timeout",
        "dbname",          "application_name", "client_encoding",     "options",          nullptr};
    std::array<char const*, 10> const values{
        "10", "30", "10", "3", "30000", conninfo.c_str(), application_name.c_str(), "UTF8", nullptr, nullptr};
    return PQconnectdbParams(keys.data(), values.data(), 1);
}

std::array<char const*, 32> pointers(std::span<param const> params) {
    std::array<char const*, 32> values{};
    std::ranges::transform(params, values.begin(), [](param const& p) { return p ? p->c_str() : nullptr; });
    return values;
}

} // namespace

database_error make_error(std::string_view purpose, PGconn const* c, PGresult const* r) {
    char const* const state = r == nullptr ? nullptr : PQresultErrorField(r, PG_DIAG_SQLSTATE);
    std::string sqlstate = state == nullptr ? "" : state;
    char const* const primary = r == nullptr ? nullptr : PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    std::string message = primary != nullptr ? primary : without_severity(first_line(PQerrorMessage(c)));
    std::string text = std::string{purpose} + ": " + message;
    if (!sqlstate.empty())
        text += " [" + sqlstate + "]";
    return {text, std::move(sqlstate), PQstatus(c) != CONNECTION_OK};
}

std::string quote_identifier(std::string_view name) {
    std::string quoted = "\"";
    for (char const c : name) {
        if (c == '"')
            quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

std::string quote_literal(std::string_view text) {
    std::string quoted = text.find('\\') == std::string_view::npos ? "'" : " E'";
    for (char const c : text) {
        if (c == '\'' || c == '\\')
            quoted += c;
        quoted += c;
    }
    return quoted + '\'';
}

connection::connection(std::string const& conninfo, std::string const& application, std::string_view purpose)
    : m_conn{open(conninfo, application + ": " + std::string{purpose})} {
    if (PQstatus(m_conn.get()) != CONNECTION_OK)
        throw make_error("connect (" + std::string{purpose} + ")", m_conn.get(), nullptr);
    PQsetNoticeProcessor(
        m_conn.get(), [](void*, char const*) {}, nullptr);
    pin_session();
}

void connection::pin_session() {
    // SET rather than connection options: pgbouncer refuses `options` at start-up.
    query("pin session settings",
          "SET search_path = pg_catalog; SET timezone = 'UTC'; SET datestyle = 'ISO, MDY';"
          "SET intervalstyle = 'postgres'; SET extra_float_digits = 1; SET bytea_output = 'hex';"
          "SET lc_monetary = 'C'; SET row_security = off; SET statement_timeout = 0;"
          "SET default_transaction_read_only = off; SET synchronous_commit = on; SET jit = off;"
          "SET cursor_tuple_fraction = 1;"
          "SET idle_in_transaction_session_timeout = '15min'");
}

result connection::query(std::string_view purpose, std::string const& sql) {
    return checked(purpose, PQexec(m_conn.get(), sql.c_str()));
}

result connection::query(std::string_view purpose, std::string const& sql, std::span<param const> params) {
    auto const values = pointers(params);
    return checked(purpose, PQexecParams(m_conn.get(), sql.c_str(), static_cast<int>(params.size()), nullptr,
                                         values.data(), nullptr, nullptr, 0));
}

result connection::prepared(std::string_view purpose, std::string const& sql, std::span<param const> params) {
    auto known = std::ranges::find(m_prepared, sql);
    if (known == m_prepared.end()) {
        auto const name = "p" + std::to_string(m_prepared.size());
        checked(purpose, PQprepare(m_conn.get(), name.c_str(), sql.c_str(), 0, nullptr));
        m_prepared.push_back(sql);
        known = m_prepared.end() - 1;
    }
    auto const name = "p" + std::to_string(known - m_prepared.begin());
    auto const values = pointers(params);
    return checked(purpose, PQexecPrepared(m_conn.get(), name.c_str(), static_cast<int>(params.size()), values.data(),
                                           nullptr, nullptr, 0));
}

result connection::checked(std::string_view purpose, PGresult* r) {
    result owned{r};
    auto const status = PQresultStatus(r);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        throw make_error(purpose, m_conn.get(), r);
    return owned;
}

transaction::transaction(connection& c, std::string_view purpose, std::string_view modes)
    : m_connection{&c}, m_purpose{purpose} {
    c.query(m_purpose, "BEGIN " + std::string{modes});
}

transaction::~transaction() {
    if (!m_open || !m_connection->healthy())
        return;
    try {
        m_connection->query(m_purpose, "ROLLBACK");
    } catch (database_error const&) {
        // The session is lost and its transaction with it; whoever uses it next is told.
    }
}

void transaction::commit() {
    m_connection->query(m_purpose, "COMMIT");
    m_open = false;
}

} // namespace notes_export::pg
