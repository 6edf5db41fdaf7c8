#pragma once

#include "support/daemon_process.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace model {

/// The program under test, known by its command line only: a daemon, or `once` again and again.
class program {
public:
    program(std::filesystem::path directory, test::daemon_settings settings, bool daemon);

    struct ended {
        int status;
        std::string output;
        std::string errors;
        /// For people who look for the cause.
        std::string text() const { return "exit " + std::to_string(status) + "\n" + output + errors; }
    };
    /// A command to its end.
    ended run(std::vector<std::string> arguments) { return run(std::move(arguments), m_settings); }
    ended run(std::vector<std::string> arguments, test::daemon_settings const& settings);

    /// A cycle begins; of `once` at most one at a time.
    void begin_cycle();
    void kill_cycle(int after_ms);
    /// The cycle that runs in the background has ended; throws when it ended as no cycle may.
    void finish_background();
    /// One cycle over what is committed now, and all that was said about it.
    ended quiet_cycle();
    /// No process, no session is left.
    void stop();
    std::filesystem::path const& tree() const noexcept { return m_settings.directory; }
    test::daemon_settings const& settings() const noexcept { return m_settings; }

private:
    std::filesystem::path unused_name(std::string const& what);
    void start_daemon();
    ended cycle_of_daemon();

    std::filesystem::path m_directory;
    test::daemon_settings m_settings;
    bool m_is_daemon;
    int m_started = 0;
    std::optional<test::daemon_process> m_daemon;
    std::optional<test::child_process> m_once;
};

} // namespace model
