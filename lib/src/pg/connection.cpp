#include "pg/connection.hpp"

#include "notes_export/session.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <poll.h>
#include <sys/socket.h>

namespace notes_export::pg {

namespace {

constexpr std::chrono::seconds connect_deadline{10};
constexpr int wait_step = 100; // milliseconds
constexpr std::chrono::seconds answer_grace{10};

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

// SET rather than connection options: pgbouncer refuses `options` at start-up.
// What we write can be written again, so it waits for our server's disk only, and for no standby.
std::string pinned_settings(std::string const& set, PGconn const* c) {
    auto sql = without_limits(set, PQserverVersion(c));
    for (auto const* const setting :
         {"search_path = pg_catalog", "timezone = 'UTC'", "datestyle = 'ISO, MDY'", "intervalstyle = 'postgres'",
          "extra_float_digits = 1", "bytea_output = 'hex'", "lc_monetary = 'C'", "xmlbinary = 'base64'",
          "quote_all_identifiers = off", "standard_conforming_strings = on", "row_security = off",
          "synchronous_commit = local", "jit = off", "cursor_tuple_fraction = 1", "exit_on_error = off",
          "idle_in_transaction_session_timeout = '15min'"})
        sql += set + ' ' + setting + ';';
    return sql;
}

std::string ask(password_source const& password, std::string const& purpose) {
    try {
        return password ? password() : "";
    } catch (std::exception const& e) {
        throw database_error{purpose + ": " + e.what(), "", true};
    }
}

std::vector<char const*> pointers(std::span<param const> params) {
    std::vector<char const*> values(params.size());
    std::ranges::transform(params, values.begin(), [](param const& p) { return p ? p->c_str() : nullptr; });
    return values;
}

database_error not_opened(std::string_view purpose, PGconn const* c) {
    auto failure = why_not_opened(c);
    auto text = std::string{purpose} + ": " + without_severity(first_line(failure.message));
    if (!failure.sqlstate.empty())
        text += " [" + failure.sqlstate + "]";
    return {text, std::move(failure.sqlstate), true};
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

// Values that cannot be converted, printed or fetched; what a function of the view throws. All else is no row's fault.
bool is_of_a_row(database_error const& e) noexcept {
    if (e.connection_lost())
        return false;
    auto const& state = e.sqlstate();
    for (std::string_view const kind : {"22", "21", "2F", "38", "39", "54", "P0", "XX", "53200"})
        if (state.starts_with(kind))
            return true;
    return state.empty(); // libpq itself: out of memory, an answer that is too long
}

// libpq has no code for it, and its messages are not translated, as we set no locale.
bool is_for_want_of_memory(database_error const& e) noexcept {
    std::string_view const text{e.what()};
    return e.connection_lost() && e.sqlstate().empty() &&
           (text.find("cannot allocate memory") != std::string_view::npos ||
            text.find("out of memory") != std::string_view::npos);
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

connection::connection(std::string const& conninfo, std::string const& application, std::string_view purpose,
                       std::stop_token stop, password_source const& password)
    : m_stop{std::move(stop)} {
    auto const what = "connect (" + std::string{purpose} + ")";
    open(conninfo, ask(password, what), application + ": " + std::string{purpose}, what);
    PQsetNoticeProcessor(
        m_conn.get(), [](void*, char const*) {}, nullptr);
    pin_session();
}

void connection::open(std::string const& conninfo, std::string const& password, std::string const& application_name,
                      std::string_view purpose) {
    m_conn.reset(start_session(conninfo, password, application_name));
    auto const deadline = std::chrono::steady_clock::now() + connect_deadline;
    bool reading = false;
    for (auto state = session_progress::under_way; state != session_progress::open;) {
        state = continue_session(m_conn.get(), reading, wait_step);
        if (state == session_progress::failed)
            throw not_opened(purpose, m_conn.get());
        heed_stop();
        if (std::chrono::steady_clock::now() > deadline)
            throw database_error{std::string{purpose} + ": no answer from the server within 10 s", "", true};
    }
}

// Waits on the session's socket, a little at a time, so that a stop is noticed.
void connection::wait(short events, int milliseconds) {
    pollfd socket{.fd = PQsocket(m_conn.get()), .events = events, .revents = 0};
    ::poll(&socket, 1, milliseconds);
    heed_stop();
}

// A session that is left in the middle of an answer is of no further use.
void connection::heed_stop() {
    if (!m_stop.stop_requested())
        return;
    auto const now = std::chrono::steady_clock::now();
    if (!m_stop_noticed)
        m_stop_noticed = now;
    if (now < *m_stop_noticed + m_grace)
        return;
    close();
    if (m_grace.count() == 0)
        throw cancelled{};
    throw cancelled{"stopped while waiting for the database; what is published is marked by the next cycle"};
}

void connection::set_stop(std::stop_token stop, std::chrono::milliseconds grace) {
    m_stop = std::move(stop);
    m_grace = grace;
    m_stop_noticed.reset();
}

void connection::close() noexcept {
    if (m_conn)
        ::shutdown(PQsocket(m_conn.get()), SHUT_RDWR); // or PQfinish could wait for a peer that does not read
    m_conn.reset();
}

void connection::limit_statements(std::chrono::milliseconds longest) {
    if (!m_pooled)
        query("set statement_timeout", "SET statement_timeout = " + std::to_string(longest.count()));
    m_longest_statement = longest;
}

// A pooler tells a backend number of its own making.
bool connection::ask_whether_pooled() {
    constexpr std::string_view purpose = "ask for the backend";
    // The first query that reads the catalog takes its time, and the role's limit may be shorter. Its default may be a
    // transaction that waits until no other one is at work.
    send(purpose,
         "BEGIN ISOLATION LEVEL READ COMMITTED; " + without_limits("SET LOCAL", PQserverVersion(m_conn.get())));
    auto const answer = send(purpose, "SELECT pg_catalog.pg_backend_pid(), pg_catalog.pg_is_in_recovery()");
    send(purpose, "COMMIT");
    m_writable = !answer.boolean(0, 1);
    return answer.integer(0, 0) != PQbackendPID(m_conn.get());
}

void connection::pin_session() {
    // Such a database lets in any bytes, and asked for UTF-8 the server fails the whole query because of one of them.
    // Taken as they are, the check of each document finds them.
    if (PQparameterStatus(m_conn.get(), "server_encoding") == std::string_view{"SQL_ASCII"})
        query("take bytes as they are", "SET client_encoding = 'SQL_ASCII'");
    m_pooled = ask_whether_pooled();
    if (m_pooled)
        return;
    query("pin session settings",
          // Between two cycles the lock must not go with a session that was idle for too long.
          own_session_settings(PQserverVersion(m_conn.get())) + pinned_settings("SET", m_conn.get()) +
              // The server must not keep our ghost, and its lock, when our host vanishes.
              "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5;"
              "SET tcp_keepalives_count = 2; SET tcp_user_timeout = 20000;"
              // Nor when we were killed while it waits for something.
              "SET client_connection_check_interval = '2s'");
}

// Through a pooler nothing is pinned between transactions, so that each statement needs one.
bool connection::needs_transaction() const noexcept {
    return m_pooled && m_conn && PQtransactionStatus(m_conn.get()) == PQTRANS_IDLE;
}

result connection::query(std::string_view purpose, std::string const& sql) {
    if (!needs_transaction())
        return send(purpose, sql);
    transaction around{*this, purpose};
    auto answer = send(purpose, sql);
    around.commit();
    return answer;
}

result connection::send(std::string_view purpose, std::string const& sql) {
    return finish_query(purpose, m_conn && PQsendQuery(m_conn.get(), sql.c_str()) != 0);
}

result connection::query(std::string_view purpose, std::string const& sql, std::span<param const> params) {
    if (!needs_transaction())
        return send(purpose, sql, params);
    transaction around{*this, purpose};
    auto answer = send(purpose, sql, params);
    around.commit();
    return answer;
}

result connection::send(std::string_view purpose, std::string const& sql, std::span<param const> params) {
    auto const values = pointers(params);
    return finish_query(purpose, m_conn && PQsendQueryParams(m_conn.get(), sql.c_str(), static_cast<int>(params.size()),
                                                             nullptr, values.data(), nullptr, nullptr, 0) != 0);
}

std::string connection::transaction_settings() const {
    return pinned_settings("SET LOCAL", m_conn.get()) +
           "SET LOCAL statement_timeout = " + std::to_string(m_longest_statement.count());
}

result connection::prepared(std::string_view purpose, std::string const& sql, std::span<param const> params) {
    return finish_query(purpose, send_prepared(purpose, sql, params));
}

bool connection::send_prepared(std::string_view purpose, std::string const& sql, std::span<param const> params) {
    auto const values = pointers(params);
    auto const count = static_cast<int>(params.size());
    if (m_pooled) // its name would be unknown, or taken, in the next server session
        return m_conn && PQsendQueryParams(m_conn.get(), sql.c_str(), count, nullptr, values.data(), nullptr, nullptr,
                                           0) != 0;
    auto known = std::ranges::find(m_prepared, sql);
    auto const name = "p" + std::to_string(known - m_prepared.begin());
    if (known == m_prepared.end()) {
        finish_query(purpose, m_conn && PQsendPrepare(m_conn.get(), name.c_str(), sql.c_str(), 0, nullptr) != 0);
        m_prepared.push_back(sql);
    }
    return m_conn &&
           PQsendQueryPrepared(m_conn.get(), name.c_str(), count, values.data(), nullptr, nullptr, 0) != 0;
}

void connection::require_sent(std::string_view purpose, bool sent) const {
    if (!m_conn)
        throw database_error{std::string{purpose} + ": the session was closed", "", true};
    if (!sent)
        throw make_error(purpose, m_conn.get(), nullptr);
}

result connection::finish_query(std::string_view purpose, bool sent) {
    require_sent(purpose, sent);
    result last{last_result(purpose)};
    auto const status = PQresultStatus(last.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        throw make_error(purpose, m_conn.get(), last.get());
    return last;
}

void connection::stream(std::string_view purpose, std::string const& sql, std::span<param const> params,
                        std::function<void(result const&)> const& row) {
    require_sent(purpose, send_prepared(purpose, sql, params) && PQsetSingleRowMode(m_conn.get()) != 0);
    auto const deadline = std::chrono::steady_clock::now() + m_longest_statement + answer_grace;
    std::exception_ptr failure;
    while (auto* const next = next_result(purpose, deadline)) {
        result const one{next};
        auto const status = PQresultStatus(next);
        if (status != PGRES_SINGLE_TUPLE && status != PGRES_TUPLES_OK && !failure)
            failure = std::make_exception_ptr(make_error(purpose, m_conn.get(), next));
        if (status != PGRES_SINGLE_TUPLE || failure)
            continue;
        try {
            row(one);
        } catch (...) { // the session is of use only when all of the answer was read
            failure = std::current_exception();
        }
    }
    if (failure)
        std::rethrow_exception(failure);
}

void connection::give_up(std::string_view purpose) {
    close();
    throw database_error{std::string{purpose} + ": no answer from the server, not even that it took too long", "",
                         true};
}

// Of several statements the last result counts; an error ends them, so that it is the last.
PGresult* connection::last_result(std::string_view purpose) {
    std::unique_ptr<PGresult, void (*)(PGresult*)> last{nullptr, PQclear};
    auto const deadline = std::chrono::steady_clock::now() + m_longest_statement + answer_grace;
    while (auto* const next = next_result(purpose, deadline))
        last.reset(next);
    return last.release();
}

// nullptr when there is no more.
PGresult* connection::next_result(std::string_view purpose, std::chrono::steady_clock::time_point deadline) {
    while (PQisBusy(m_conn.get()) != 0) {
        if (std::chrono::steady_clock::now() > deadline)
            give_up(purpose);
        auto const unsent = PQflush(m_conn.get());
        wait(unsent == 1 ? POLLIN | POLLOUT : POLLIN, wait_step);
        if (PQconsumeInput(m_conn.get()) == 0)
            throw make_error(purpose, m_conn.get(), nullptr);
    }
    return PQgetResult(m_conn.get());
}

void connection::set_savepoint() {
    if (!std::exchange(m_savepoint, true))
        query("prepare for a row that cannot be read", "SAVEPOINT rows");
}

void connection::back_to_savepoint() {
    query("go on behind a row that cannot be read", "ROLLBACK TO SAVEPOINT rows");
}

transaction::transaction(connection& c, std::string_view purpose, std::string_view modes)
    : m_connection{&c}, m_purpose{purpose} {
    c.m_savepoint = false;
    std::string begin = "BEGIN ISOLATION LEVEL READ COMMITTED";
    if (!modes.empty())
        begin = "BEGIN " + std::string{modes};
    else if (c.m_writable) // whatever is the default
        begin += " READ WRITE";
    c.send(m_purpose, begin + ';' + (c.pooled() ? c.transaction_settings() : ""));
}

transaction::~transaction() {
    // After a request to stop nothing is waited for: the session is closed, and that ends its transaction.
    if (!m_open || !m_connection->healthy() || m_connection->stopping())
        return;
    try {
        m_connection->send(m_purpose, "ROLLBACK");
    } catch (database_error const&) {
        // The session is lost and its transaction with it; whoever uses it next is told.
    } catch (cancelled const&) {
        // The session is closed, as above; the request to stop is seen at the next wait.
    }
}

void transaction::commit() {
    m_connection->send(m_purpose, "COMMIT");
    m_open = false;
}

} // namespace notes_export::pg
