#include "support/test_database.hpp"

#include "support/wait_until.hpp"

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <unistd.h>

namespace test {

namespace {

using result = std::unique_ptr<PGresult, void (*)(PGresult*)>;

result run(PGconn* c, std::string const& sql) {
    result r{PQexec(c, sql.c_str()), PQclear};
    auto const status = PQresultStatus(r.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        throw std::runtime_error{sql + ": " + PQerrorMessage(c)};
    return r;
}

std::unique_ptr<PGconn, void (*)(PGconn*)> connect(std::string const& conninfo) {
    std::unique_ptr<PGconn, void (*)(PGconn*)> c{PQconnectdb(conninfo.c_str()), PQfinish};
    if (PQstatus(c.get()) != CONNECTION_OK)
        throw std::runtime_error{PQerrorMessage(c.get())};
    return c;
}

} // namespace

std::string test_database::host() {
    char const* const dir = std::getenv("EXPORTD_TEST_PGHOST");
    if (dir == nullptr)
        throw std::runtime_error{
            "no PostgreSQL server: run the database tests through ctest (fixture \"postgres\") or tests/run.sh"};
    return dir;
}

test_database::test_database(std::string const& from) : m_server{host()}, m_shared{true} {
    create(from);
}

test_database::test_database(std::string const& from, std::string server)
    : m_server{std::move(server)}, m_shared{false} {
    create(from);
}

void test_database::create(std::string const& from) {
    static std::atomic<int> next{0};
    m_name = "test_" + std::to_string(::getpid()) + '_' + std::to_string(next++);
    run(connect(server() + " dbname=postgres").get(), "CREATE DATABASE " + m_name + " TEMPLATE " + from);
    reconnect();
}

test_database::~test_database() {
    m_connection.reset();
    if (m_shared && std::getenv("KEEP_TEST_DATA") == nullptr)
        run(connect(server() + " dbname=postgres").get(), "DROP DATABASE " + m_name + " WITH (FORCE)");
}

std::string test_database::conninfo() const {
    return server() + " dbname=" + m_name;
}

void test_database::reconnect() {
    m_connection.reset();
    PGconn* c = nullptr;
    bool const connected = wait_until([&] {
        PQfinish(c);
        c = PQconnectdb(conninfo().c_str());
        return PQstatus(c) == CONNECTION_OK;
    });
    m_connection.reset(c);
    if (!connected)
        throw std::runtime_error{PQerrorMessage(c)};
}

void test_database::exec(std::string const& sql) {
    run(m_connection.get(), sql);
}

void test_database::terminate(std::string const& conninfo, std::string const& application_name) {
    auto const c = connect(conninfo);
    run(c.get(),
        "DO $$ BEGIN PERFORM pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE application_name = '" +
            application_name + "' AND datname = current_database(); END $$");
}

std::string test_database::value(std::string const& sql) {
    auto const r = run(m_connection.get(), sql);
    return PQntuples(r.get()) == 0 ? "" : PQgetvalue(r.get(), 0, 0);
}

std::int64_t test_database::pending() {
    return number("SELECT (SELECT count(*) FROM dwh.datamartusers WHERE json_exported IS NOT TRUE)"
                  " + (SELECT count(*) FROM dwh.datamartcountries WHERE json_exported IS NOT TRUE)");
}

bool test_database::somebody_waits() {
    return number("SELECT count(*) FROM pg_locks WHERE NOT granted AND database ="
                  " (SELECT oid FROM pg_database WHERE datname = current_database())") > 0;
}

std::string test_database::psql(std::string const& sql) const {
    auto const file = "/tmp/" + m_name + ".sql";
    std::unique_ptr<FILE, int (*)(FILE*)> script{std::fopen(file.c_str(), "w"), std::fclose};
    std::fputs(sql.c_str(), script.get());
    script.reset();
    auto const command = "psql -X -Atq -v ON_ERROR_STOP=1 -d '" + conninfo() + "' -f " + file;
    FILE* const pipe = ::popen(command.c_str(), "r");
    std::string text;
    std::array<char, 65536> block{};
    while (auto const n = std::fread(block.data(), 1, block.size(), pipe))
        text.append(block.data(), n);
    int const status = ::pclose(pipe);
    std::remove(file.c_str());
    if (status != 0)
        throw std::runtime_error{"psql failed for: " + sql};
    return text;
}

} // namespace test
