#pragma once

#include <libpq-fe.h>
#include <memory>
#include <stdexcept>
#include <string>

namespace test {

/// A session of somebody else, who holds what the exporter wants.
class other_session {
public:
    /// Connects and runs statements there.
    other_session(std::string const& conninfo, std::string const& sql) : m_conn{PQconnectdb(conninfo.c_str())} {
        run(sql);
    }
    void run(std::string const& sql) {
        std::unique_ptr<PGresult, void (*)(PGresult*)> const r{PQexec(m_conn.get(), sql.c_str()), PQclear};
        auto const status = PQresultStatus(r.get());
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
            throw std::runtime_error{sql + ": " + PQerrorMessage(m_conn.get())};
    }

private:
    struct finish {
        void operator()(PGconn* c) const noexcept { PQfinish(c); }
    };
    std::unique_ptr<PGconn, finish> m_conn;
};

} // namespace test
