#pragma once

#include "support/catch.hpp"
#include "support/fault_fixture.hpp"
#include "support/other_session.hpp"
#include "support/tree_contents.hpp"

#include <string>
#include <vector>

namespace test {

/// A database on a server that a standby follows, and exporters that read from the standby.
template <class Fixture>
struct with_standby : cluster_fixture_base, Fixture {
    standby_cluster standby{cluster};

    with_standby() : Fixture{"small", cluster.host()} { wait_replayed(); }

    std::string conninfo_of(std::string const& hosts) const {
        return "host=" + hosts + " user=postgres dbname=" + this->db.name();
    }
    /// Whatever was committed is on the standby, too.
    void wait_replayed() {
        auto const position = this->db.value("SELECT pg_current_wal_flush_lsn()");
        auto const behind = "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn < '" + position + "'";
        REQUIRE(wait_until([&] {
            return this->db.number("SELECT count(*) FROM pg_stat_replication") > 0 && this->db.number(behind) == 0;
        }));
    }
    void on_standby(std::string const& sql) const { other_session{conninfo_of(standby.host()), sql}; }
    void pause_replay() const {
        on_standby("SELECT pg_wal_replay_pause()");
        REQUIRE(wait_until([&] { return asked(standby, "SELECT pg_get_wal_replay_pause_state()") == "paused"; }));
    }
    void resume_replay() const { on_standby("SELECT pg_wal_replay_resume()"); }

    /// First column of the first row of a query there.
    std::string asked(private_cluster const& server, std::string const& sql) const {
        std::unique_ptr<PGconn, void (*)(PGconn*)> const c{PQconnectdb(conninfo_of(server.host()).c_str()), PQfinish};
        std::unique_ptr<PGresult, void (*)(PGresult*)> const r{PQexec(c.get(), sql.c_str()), PQclear};
        INFO(PQerrorMessage(c.get()));
        REQUIRE(PQntuples(r.get()) > 0);
        return PQgetvalue(r.get(), 0, 0);
    }
    /// How many sessions read there in a transaction.
    int readers_on(private_cluster const& server) const {
        return std::stoi(asked(server, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                                       " AND application_name LIKE '%: reader%' AND xact_start IS NOT NULL"));
    }

    notes_export::export_config reading_from(std::string const& read_conninfo) const {
        auto c = this->config();
        c.read_conninfo = read_conninfo;
        return c;
    }
    notes_export::export_config reading_config() const { return reading_from(conninfo_of(standby.host())); }

    /// What differs from a fresh export that reads from a server and marks there: the last thing that a test does.
    std::vector<std::string> differences_to_fresh(std::string const& hosts) const {
        auto c = this->config();
        c.conninfo = conninfo_of(hosts);
        c.directory = this->root / "fresh";
        notes_export::exporter{c}.run({.full = true});
        return differences(timeless(contents_of(this->tree())), timeless(contents_of(c.directory)));
    }
};

} // namespace test
