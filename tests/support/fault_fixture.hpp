#pragma once

#include "support/daemon_fixture.hpp"
#include "support/private_cluster.hpp"

#include <string>
#include <sys/types.h>

namespace test {

/// A daemon whose database sessions are looked at, and ended, from outside.
struct fault_fixture : daemon_fixture {
    using daemon_fixture::daemon_fixture;

    static std::string sessions(std::string const& purpose) {
        return "FROM pg_stat_activity WHERE datname = current_database()"
               " AND application_name LIKE 'osm-notes-exportd%: " +
               purpose + "'";
    }
    pid_t backend(std::string const& purpose) {
        return static_cast<pid_t>(db.number("SELECT pid " + sessions(purpose)));
    }
    void terminate(std::string const& purpose) { db.exec("SELECT pg_terminate_backend(pid) " + sessions(purpose)); }

    /// The session that listens is idle in no transaction, and no ghost is left of an earlier connection.
    bool one_idle_listener() {
        auto const states = "SELECT string_agg(state || ' ' || coalesce(backend_xmin::text, '-'), ',') ";
        return wait_until([&] { return db.value(states + sessions("listener")) == "idle -"; }); // or its heart beats
    }
    double notification_queue_usage() { return std::stod(db.value("SELECT pg_notification_queue_usage()")); }

    /// Records of that event with that field.
    static std::size_t count(daemon_process const& daemon, std::string const& event, std::string const& field,
                             std::string const& value) {
        std::size_t n = 0;
        for (auto const& record : daemon.log())
            n += record.event == event && record.field(field) == value ? 1U : 0U;
        return n;
    }
};

/// The same with a server that may be broken.
struct cluster_fixture_base {
    private_cluster cluster;
};
struct cluster_fixture : cluster_fixture_base, fault_fixture {
    cluster_fixture() : fault_fixture{"small", cluster.host()} {}
};

} // namespace test
