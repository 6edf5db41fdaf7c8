#include "pg/connection.hpp"

#include "pg/connect.hpp"
#include "pg/error.hpp"
#include "pg/session_settings.hpp"

#include <algorithm>

namespace notes_export::pg {

namespace {

std::vector<char const*> pointers(std::span<param const> params) {
    std::vector<char const*> values(params.size());
    std::ranges::transform(params, values.begin(), [](param const& p) { return p ? p->c_str() : nullptr; });
    return values;
}

} // namespace

connection::connection(session_request const& request, std::stop_token stop) : m_session{connect(request, stop), stop} {
    // Or a statement that is too long for the socket's buffer would be waited for without a deadline.
    if (PQsetnonblocking(m_session.get(), 1) != 0)
        throw make_error("prepare the session (" + request.purpose + ")", m_session.get(), nullptr);
    pin_session();
}

connection::connection(export_config const& config, std::string_view purpose, std::stop_token stop)
    : connection{session_request{config.conninfo, config.application_name, std::string{purpose}, config.password,
                                 config.connect_timeout},
                 std::move(stop)} {}

void connection::limit_statements(std::chrono::milliseconds longest) {
    if (!m_pooled)
        query("set statement_timeout", "SET statement_timeout = " + std::to_string(longest.count()));
    m_session.set_longest_statement(longest);
}

// A pooler tells a backend number of its own making.
bool connection::ask_whether_pooled() {
    constexpr std::string_view purpose = "ask for the backend";
    // The first query that reads the catalog takes its time, and the role's limit may be shorter. Its default may be a
    // transaction that waits until no other one is at work.
    send(purpose,
         "BEGIN ISOLATION LEVEL READ COMMITTED; " + without_limits("SET LOCAL", PQserverVersion(m_session.get())));
    auto const answer = send(purpose, "SELECT pg_catalog.pg_backend_pid(), pg_catalog.pg_is_in_recovery()");
    send(purpose, "COMMIT");
    m_writable = !answer.boolean(0, 1);
    return answer.integer(0, 0) != PQbackendPID(m_session.get());
}

void connection::pin_session() {
    // Such a database lets in any bytes, and asked for UTF-8 the server fails the whole query because of one of them.
    // Taken as they are, the check of each document finds them.
    if (PQparameterStatus(m_session.get(), "server_encoding") == std::string_view{"SQL_ASCII"})
        query("take bytes as they are", "SET client_encoding = 'SQL_ASCII'");
    m_pooled = ask_whether_pooled();
    if (m_pooled)
        return;
    query("pin session settings", own_session_settings(PQserverVersion(m_session.get())));
}

// Through a pooler nothing is pinned between transactions, so that each statement needs one.
bool connection::needs_transaction() const noexcept {
    return m_pooled && m_session.is_open() && PQtransactionStatus(m_session.get()) == PQTRANS_IDLE;
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
    return m_session.answer(purpose, m_session.is_open() && PQsendQuery(m_session.get(), sql.c_str()) != 0);
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
    return m_session.answer(purpose, m_session.is_open() && PQsendQueryParams(m_session.get(), sql.c_str(),
                                                                              static_cast<int>(params.size()), nullptr,
                                                                              values.data(), nullptr, nullptr, 0) != 0);
}

std::string connection::transaction_settings() const {
    return pinned_settings("SET LOCAL", PQserverVersion(m_session.get())) +
           "SET LOCAL statement_timeout = " + std::to_string(m_session.longest_statement().count());
}

result connection::prepared(std::string_view purpose, std::string const& sql, std::span<param const> params) {
    return m_session.answer(purpose, send_prepared(purpose, sql, params));
}

bool connection::send_prepared(std::string_view purpose, std::string const& sql, std::span<param const> params) {
    auto const values = pointers(params);
    auto const count = static_cast<int>(params.size());
    if (m_pooled) // its name would be unknown, or taken, in the next server session
        return m_session.is_open() &&
               PQsendQueryParams(m_session.get(), sql.c_str(), count, nullptr, values.data(), nullptr, nullptr, 0) != 0;
    auto known = std::ranges::find(m_prepared, sql);
    auto const name = "p" + std::to_string(known - m_prepared.begin());
    if (known == m_prepared.end()) {
        m_session.answer(purpose, m_session.is_open() &&
                                      PQsendPrepare(m_session.get(), name.c_str(), sql.c_str(), 0, nullptr) != 0);
        m_prepared.push_back(sql);
    }
    return m_session.is_open() &&
           PQsendQueryPrepared(m_session.get(), name.c_str(), count, values.data(), nullptr, nullptr, 0) != 0;
}

void connection::stream(std::string_view purpose, std::string const& sql, std::span<param const> params,
                        std::function<void(result const&)> const& row) {
    m_session.answer_by_row(purpose, send_prepared(purpose, sql, params) && PQsetSingleRowMode(m_session.get()) != 0,
                            row);
}

void connection::set_savepoint() {
    if (!std::exchange(m_savepoint, true))
        query("prepare for a row that cannot be read", "SAVEPOINT rows");
}

void connection::back_to_savepoint() {
    query("go on behind a row that cannot be read", "ROLLBACK TO SAVEPOINT rows");
}

void connection::release_savepoint() {
    if (std::exchange(m_savepoint, false))
        query("go on behind the rows that were read", "RELEASE SAVEPOINT rows");
}

} // namespace notes_export::pg
