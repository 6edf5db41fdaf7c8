#pragma once

#include "support/daemon_process.hpp"
#include "support/export_fixture.hpp"

#include <atomic>
#include <string>
#include <vector>

namespace test {

/// A database and an empty tree for daemons and commands.
struct daemon_fixture : export_fixture {
    using export_fixture::export_fixture;

    daemon_settings settings{.conninfo = db.conninfo(), .directory = tree()};

    void notify(std::string const& payload = "") { db.exec("NOTIFY osm_notes_export, '" + payload + "'"); }

    /// One notification and the cycle that serves it: from an idle daemon exactly one more. That cycle waits for the
    /// debounce time, so one that was wanted before, and begins sooner, is not taken for it.
    void run_cycle(daemon_process const& daemon) {
        auto const payload = marker();
        notify(payload);
        daemon.wait_for_cycle_after(payload, milliseconds{50});
    }

    /// Whatever is committed now is published, however busy the daemon is: the second cycle began after the first
    /// ended.
    void serve(daemon_process const& daemon) {
        for (int i = 0; i < 2; ++i) {
            auto const payload = marker();
            notify(payload);
            daemon.wait_for_cycle_after(payload);
        }
    }

    static std::string marker() {
        static std::atomic<int> next{0};
        return "marker " + std::to_string(next++);
    }

    void wait_published(daemon_process const& daemon, user const& u, int open) const {
        auto const text = "\"history_whole_open\":" + std::to_string(open) + ',';
        daemon.wait_for(u.path + " with " + text,
                        [&] { return has(u.path) && file(u.path).find(text) != std::string::npos; });
    }

    struct result {
        int status;
        std::string output;
        std::string errors;
    };
    /// Runs one command to its end, with the fixture's settings as its configuration file.
    result run_command(std::vector<std::string> arguments) const {
        static std::atomic<int> next{0};
        auto const name = root / ("command-" + std::to_string(next++));
        settings.write(name.string() + ".conf");
        arguments.insert(arguments.end(), {"--config", name.string() + ".conf"});
        child_process command{name, std::move(arguments)};
        auto const status = command.wait_exit();
        if (!status)
            throw std::runtime_error{"the command does not end"};
        return {*status, command.output(), command.errors()};
    }
};

/// Events with this payload or field value.
inline std::size_t count_where(std::vector<log_record> const& log, std::string const& field, std::string const& value) {
    std::size_t n = 0;
    for (auto const& record : log)
        n += record.field(field) == value ? 1U : 0U;
    return n;
}

} // namespace test
