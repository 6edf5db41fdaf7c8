#include "crash/model_session.hpp"

#include "support/wait_until.hpp"

#include <stdexcept>

namespace model {

session::session(std::string conninfo) : m_conninfo{std::move(conninfo)} {
    connect();
}

// A writer that waits for another one would wait for ever: all writers are one thread.
void session::connect() {
    PGconn* c = nullptr;
    test::wait_until([&] {
        PQfinish(c);
        c = PQconnectdb(m_conninfo.c_str());
        return PQstatus(c) == CONNECTION_OK;
    });
    m_connection.reset(c);
    if (PQstatus(c) != CONNECTION_OK)
        throw std::runtime_error{"a writer cannot connect: " + std::string{PQerrorMessage(c)}};
    exec("SET lock_timeout = '250ms'; SET client_min_messages = error; SET search_path = dwh, public");
}

session::result session::run(std::string const& sql) {
    result r{PQexec(m_connection.get(), sql.c_str()), PQclear};
    auto const status = PQresultStatus(r.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return r;
    m_error = PQerrorMessage(m_connection.get());
    look_for_hindrance(sql, r.get());
    if (PQstatus(m_connection.get()) != CONNECTION_OK)
        connect();
    return {nullptr, PQclear};
}

void session::look_for_hindrance(std::string const& sql, PGresult const* r) {
    auto const field = [r](int code) {
        char const* const text = PQresultErrorField(r, code);
        return std::string{text == nullptr ? "" : text};
    };
    auto const state = field(PG_DIAG_SQLSTATE);
    bool const ended_by_us = state.starts_with("57P") || state.empty();
    bool const ours = field(PG_DIAG_CONTEXT).find("json_export_") != std::string::npos ||
                      field(PG_DIAG_MESSAGE_DETAIL).find("json_export_") != std::string::npos;
    if (ours && !ended_by_us)
        m_hindrances.push_back(sql + "\n    " + m_error);
}

bool session::exec(std::string const& sql) {
    return run(sql) != nullptr;
}

std::optional<std::string> session::value(std::string const& sql) {
    auto const all = values(sql);
    return all.empty() ? std::nullopt : std::optional{all.front()};
}

std::vector<std::string> session::values(std::string const& sql) {
    std::vector<std::string> found;
    auto const r = run(sql);
    for (int row = 0; r != nullptr && row < PQntuples(r.get()); ++row)
        if (PQgetisnull(r.get(), row, 0) == 0)
            found.emplace_back(PQgetvalue(r.get(), row, 0));
    return found;
}

} // namespace model
