#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <sys/types.h>

namespace test {

/// Stops a process (SIGSTOP) and lets it go on at the end.
class suspended_process {
public:
    explicit suspended_process(pid_t pid);
    ~suspended_process() { resume(); }
    suspended_process(suspended_process const&) = delete;
    suspended_process& operator=(suspended_process const&) = delete;

    void resume();

private:
    pid_t m_pid;
};

/**
 * A PostgreSQL server of its own, for tests that break it. It is gone, with its files, when this object is, and also
 * when the test is killed.
 *
 * Commits survive every end of the server, but not of the machine: synchronous_commit is on, fsync is off.
 */
class private_cluster {
public:
    /// With the templates of test_server.sh: a copy of the server that all tests share, when there is one. Two of them
    /// have one system identifier then.
    private_cluster();
    ~private_cluster();
    private_cluster(private_cluster const&) = delete;
    private_cluster& operator=(private_cluster const&) = delete;

    /// Directory of its socket.
    std::string host() const { return m_directory.string(); }
    std::string conninfo(std::string const& database) const {
        return "host=" + host() + " user=postgres dbname=" + database;
    }
    pid_t postmaster() const;

    /// Ends it as `pg_ctl stop -m MODE` does: "fast" or "immediate".
    void stop(std::string const& mode);
    void start();

    /// Appended to postgresql.conf, in force at once where a reload is enough.
    void set(std::string const& name, std::string const& value);
    /// The first rule of pg_hba.conf, in force at once.
    void prepend_access_rule(std::string const& rule);

    void promote();

protected:
    struct standby_tag {};
    private_cluster(standby_tag, private_cluster const& primary);

private:
    void guard();
    void reload() const;
    std::filesystem::path configuration(std::string const& file) const { return m_directory / "data" / file; }

    std::filesystem::path m_directory;
    FILE* m_guard = nullptr; ///< its end is the guard's signal
};

/// A hot standby that follows another server by streaming.
struct standby_cluster : private_cluster {
    explicit standby_cluster(private_cluster const& primary) : private_cluster{standby_tag{}, primary} {}
};

} // namespace test
