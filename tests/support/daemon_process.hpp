#pragma once

#include "support/wait_until.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace test {

using environment_variables = std::map<std::string, std::string>;

/// The program under test as a child process. It does not outlive this object, whatever the test does.
class child_process {
public:
    /// Output goes to files that begin with the given path. The test's own environment is passed on, except what the
    /// program would read its settings from. A daemon and a command whose files are in one directory find each other.
    child_process(std::filesystem::path const& files, std::vector<std::string> arguments,
                  environment_variables const& more = {});
    ~child_process();
    child_process(child_process const&) = delete;
    child_process& operator=(child_process const&) = delete;

    pid_t pid() const noexcept { return m_pid; }
    void signal(int number) const;
    /// Exit code; -N when signal N ended it; nullopt when it still runs after that time.
    std::optional<int> wait_exit(milliseconds deadline = patience);

    std::string output() const; ///< stdout so far
    std::string errors() const; ///< stderr so far

private:
    std::filesystem::path m_output;
    std::filesystem::path m_errors;
    pid_t m_pid = -1;
    std::optional<int> m_status;
};

/// The configuration of a daemon under test: by default nothing but what a test does makes it run a cycle.
struct daemon_settings {
    std::string conninfo;
    std::filesystem::path password_file{};
    std::filesystem::path directory;
    std::string debounce = "100ms";
    std::string max_delay = "10s";
    std::string poll_interval = "1h";
    std::string full_request_interval = "0";
    std::string standby = "false";
    std::string index_max_size = "100MB";
    std::filesystem::path schema_dir = EXPORTD_SOURCE_DIR "/conf/schemas";
    std::string log_level = "debug";
    std::string log_format = "json"; ///< the only one that daemon_process::log() understands
    std::string http_listen = {};
    std::string more = {}; ///< further lines of the file

    std::string text() const;
    /// The line of a key in it, counted from 1, as messages name it.
    std::string line_of(std::string_view key) const;
    void write(std::filesystem::path const& file) const;
};

struct log_record {
    std::chrono::system_clock::time_point time;
    std::string event;
    std::string message;
    std::map<std::string, std::string> fields; ///< all of them; numbers as they are written

    std::string field(std::string const& name) const;
    /// When the cycle began whose end this is, or a little later.
    std::chrono::system_clock::time_point cycle_began() const;
};

/// A running daemon: its configuration file, its process, its log.
class daemon_process {
public:
    daemon_process(std::filesystem::path const& directory, daemon_settings const& settings,
                   environment_variables const& more = {});

    child_process& process() noexcept { return m_process; }
    std::filesystem::path const& config_file() const noexcept { return m_config; }

    /// Complete records so far, in the order in which they were written.
    std::vector<log_record> log() const;
    std::size_t count(std::string const& event) const;
    std::size_t cycles() const { return count("cycle_finished"); }

    /// Each throws, with the end of the log, when it does not come true in time.
    void wait_for(std::string const& what, std::function<bool()> const& condition,
                  milliseconds deadline = patience) const;
    void wait_for_event(std::string const& event, std::size_t times = 1) const;
    /// The end of a cycle that began at least so long after the notification with this payload arrived.
    void wait_for_cycle_after(std::string const& payload, milliseconds delay = milliseconds{0}) const;
    /// The end of start-up, which runs two cycles: one at once, and one when LISTEN has taken effect.
    void wait_settled() const;

    /// SIGTERM; the exit code.
    int stop();

private:
    std::filesystem::path m_config;
    child_process m_process;
};

/// What systemd would be told: the receiving end of NOTIFY_SOCKET. Read at once, as a full socket would stop the
/// sender.
class notify_socket {
public:
    explicit notify_socket(std::filesystem::path const& path);
    ~notify_socket();
    notify_socket(notify_socket const&) = delete;
    notify_socket& operator=(notify_socket const&) = delete;

    environment_variables environment() const { return {{"NOTIFY_SOCKET", m_path.string()}}; }
    /// Assignments that begin so, such as "STATUS=", in the order of their arrival.
    std::vector<std::string> received(std::string const& prefix = "") const;
    bool wait_for(std::string const& prefix, std::size_t times = 1) const;

private:
    void read_messages();

    std::filesystem::path m_path;
    int m_fd;
    mutable std::mutex m_mutex;
    std::vector<std::string> m_received;
    std::thread m_reader;
};

/// Keeps every cycle from publishing, as a reader who wants a consistent copy may do. Ends with the object.
class publication_hold {
public:
    /// The tree must have been published once.
    explicit publication_hold(std::filesystem::path const& tree);
    ~publication_hold();
    publication_hold(publication_hold const&) = delete;
    publication_hold& operator=(publication_hold const&) = delete;

    /// Is a cycle there that has read the database and waits with its files?
    bool holds_a_cycle() const;
    void release();

private:
    std::filesystem::path m_staging;
    int m_fd;
};

} // namespace test
