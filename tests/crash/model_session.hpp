#pragma once

#include <functional>
#include <libpq-fe.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace model {

/// A writer's connection. A statement that fails spoils its transaction and nothing else; what came of it is told by
/// the server, not remembered here.
class session {
public:
    explicit session(std::string conninfo);

    /// False when it failed; a lost connection is made again.
    bool exec(std::string const& sql);
    /// First column of the first row; nullopt: no row, NULL, or an error.
    std::optional<std::string> value(std::string const& sql);
    /// The same for all rows.
    std::vector<std::string> values(std::string const& sql);

    bool in_transaction() const { return PQtransactionStatus(m_connection.get()) != PQTRANS_IDLE; }
    bool spoiled() const { return PQtransactionStatus(m_connection.get()) == PQTRANS_INERROR; }
    int backend() const { return PQbackendPID(m_connection.get()); }
    void disconnect() { m_connection.reset(); }
    void connect();

    /// Of the last statement that failed.
    std::string const& error() const noexcept { return m_error; }
    /// What an object of install.sql did to a statement of the warehouse: there must be none.
    std::vector<std::string> const& hindrances() const noexcept { return m_hindrances; }

private:
    struct finish {
        void operator()(PGconn* c) const noexcept { PQfinish(c); }
    };
    using result = std::unique_ptr<PGresult, void (*)(PGresult*)>;
    result run(std::string const& sql);
    void look_for_hindrance(std::string const& sql, PGresult const* r);

    std::string m_conninfo;
    std::unique_ptr<PGconn, finish> m_connection;
    std::string m_error;
    std::vector<std::string> m_hindrances;
};

} // namespace model
