#include "pg/connection.hpp"

#include "pg/connect.hpp"
#include "pg/error.hpp"
#include "pg/session_settings.hpp"

#include <algorithm>
#include <exception>
#include <poll.h>

namespace notes_export::pg {

namespace {

constexpr int wait_step = 100; // milliseconds
constexpr std::chrono::seconds answer_grace{10};

std::vector<char const*> pointers(std::span<param const> params) {
    std::vector<char const*> values(params.size());
    std::ranges::transform(params, values.begin(), [](param const& p) { return p ? p->c_str() : nullptr; });
    return values;
}

} // namespace

connection::connection(session_request const& request, std::stop_token stop)
    : m_stop{std::move(stop)}, m_conn{connect(request, m_stop)} {
    // Or a statement that is too long for the socket's buffer would be waited for without a deadline.
    if (PQsetnonblocking(m_conn.get(), 1) != 0)
        throw make_error("prepare the session (" + request.purpose + ")", m_conn.get(), nullptr);
    pin_session();
}

connection::connection(export_config const& config, std::string_view purpose, std::stop_token stop)
    : connection{session_request{config.conninfo, config.application_name, std::string{purpose}, config.password,
                                 config.connect_timeout},
                 std::move(stop)} {}

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
    abandon(m_conn);
    if (m_grace.count() == 0)
        throw cancelled{};
    throw cancelled{"stopped while waiting for the database; what is published is marked by the next cycle"};
}

void connection::set_stop(std::stop_token stop, std::chrono::milliseconds grace) {
    m_stop = std::move(stop);
    m_grace = grace;
    m_stop_noticed.reset();
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
    query("pin session settings", own_session_settings(PQserverVersion(m_conn.get())));
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
    return pinned_settings("SET LOCAL", PQserverVersion(m_conn.get())) +
           "SET LOCAL statement_timeout = " + std::to_string(m_longest_statement.count());
}

result connection::prepared(std::string_view purpose, std::string const& sql, std::span<param const> params) {
    return finish_query(purpose, send_prepared(purpose, sql, params));
}

bool connection::send_prepared(std::string_view purpose, std::string const& sql, std::span<param const> params) {
    auto const values = pointers(params);
    auto const count = static_cast<int>(params.size());
    if (m_pooled) // its name would be unknown, or taken, in the next server session
        return m_conn &&
               PQsendQueryParams(m_conn.get(), sql.c_str(), count, nullptr, values.data(), nullptr, nullptr, 0) != 0;
    auto known = std::ranges::find(m_prepared, sql);
    auto const name = "p" + std::to_string(known - m_prepared.begin());
    if (known == m_prepared.end()) {
        finish_query(purpose, m_conn && PQsendPrepare(m_conn.get(), name.c_str(), sql.c_str(), 0, nullptr) != 0);
        m_prepared.push_back(sql);
    }
    return m_conn && PQsendQueryPrepared(m_conn.get(), name.c_str(), count, values.data(), nullptr, nullptr, 0) != 0;
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
    abandon(m_conn);
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

} // namespace notes_export::pg
