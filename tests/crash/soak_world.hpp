#pragma once

#include "crash/soak_model.hpp"
#include "crash/suspensions.hpp"
#include "support/daemon_process.hpp"
#include "support/private_cluster.hpp"
#include "support/temporary_directory.hpp"
#include "support/test_database.hpp"

#include <libpq-fe.h>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace soak {

/// A server, a daemon, a tree, and everything that can go wrong with them.
class world {
public:
    world();

    /// A session for a writer, as soon as the server takes one.
    PGconn* connect() const;
    /// What generate.sql committed before anybody wrote, dealt out to so many writers.
    std::vector<warehouse> initial(int writers);

    /// Something goes wrong, or an operator does something. Suspensions end some steps later.
    void fault(std::mt19937_64& random, long step);
    /// The tree is damaged, and an operator asks for the repair.
    void damage(std::mt19937_64& random);
    /// Ends what has lasted long enough; fails when the daemon ended by itself.
    void go_on(long step);
    /// Whatever was broken on purpose is whole again.
    void mend();
    void request_full();

    std::filesystem::path tree() const { return m_tree; }
    test::daemon_process& daemon() { return *m_daemon; }
    test::test_database& database() { return m_database; }
    test::daemon_settings const& settings() const { return m_settings; }
    std::filesystem::path directory() const { return m_root.path(); }
    /// How often each fault was made.
    std::map<std::string, int> const& made() const noexcept { return m_made; }
    /// Error records of all daemons so far that a fault does not explain.
    std::vector<std::string> unexplained() const { return m_unexplained; }
    void stop_daemon();

private:
    void start_daemon();
    void end_daemon(int signal, int status);
    void read_log();
    std::optional<pid_t> some_backend(std::mt19937_64& random);
    void suspend_backend(std::mt19937_64& random, long step);
    void restart_server(std::string const& mode);
    void fill_disk(long step);
    void free_disk();

    test::private_cluster m_cluster;
    test::test_database m_database;
    test::temporary_directory m_root;
    std::filesystem::path m_tree;
    bool m_small_disk; ///< the tree is on a file system of its own, which can be filled
    test::daemon_settings m_settings;
    std::optional<test::daemon_process> m_daemon;
    suspensions m_suspended;
    std::optional<long> m_disk_full_until;
    std::map<std::string, int> m_made;
    std::vector<std::string> m_unexplained;
};

} // namespace soak
