#pragma once

#include <cstdint>
#include <libpq-fe.h>
#include <memory>
#include <string>

namespace test {

/**
 * A database of its own, made from one of the templates "plain", "installed" or "small" (see test_server.sh): on the
 * server that ctest starts (fixture "postgres"), where it is dropped at the end, or on a private_cluster.
 */
class test_database {
public:
    explicit test_database(std::string const& from = "small");
    test_database(std::string const& from, std::string server);
    ~test_database();
    test_database(test_database const&) = delete;
    test_database& operator=(test_database const&) = delete;

    std::string const& name() const noexcept { return m_name; }
    /// As superuser.
    std::string conninfo() const;
    /// Directory of the shared server's socket.
    static std::string host();
    /// Databases can be copied or dropped only when nobody is connected to them.
    void disconnect() { m_connection.reset(); }
    /// A new connection, as soon as the server takes one.
    void reconnect();
    /// Ends the sessions of this name in a database and returns when they are gone. From any thread.
    static void terminate(std::string const& conninfo, std::string const& application_name);

    /// Runs statements; an error ends the test.
    void exec(std::string const& sql);
    /// First column of the first row, "" for NULL or no row.
    std::string value(std::string const& sql);
    std::int64_t number(std::string const& sql) { return std::stoll(value(sql)); }
    std::int64_t pending();
    /// Whether somebody waits for a lock of something in this database, such as a table; the server has other
    /// databases. Seen at once, also in a transaction, where pg_stat_activity stays as it was first seen.
    bool somebody_waits();

    /// What `psql -Atq` prints for a query, byte by byte.
    std::string psql(std::string const& sql) const;

private:
    struct finish {
        void operator()(PGconn* c) const noexcept { PQfinish(c); }
    };
    void create(std::string const& from);
    std::string server() const { return "host=" + m_server + " user=postgres"; }

    std::string m_server;
    bool m_shared;
    std::string m_name;
    std::unique_ptr<PGconn, finish> m_connection;
};

} // namespace test
