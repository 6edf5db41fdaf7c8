#pragma once

#include <string>
#include <vector>

namespace model {

/// One thing that happens, whole enough to be done again: a case is a shape and a list of these.
struct action {
    enum class kind {
        sql,              ///< a writer's session runs text
        script,           ///< a shell command: install.sql, or a dump that is restored
        cycle,            ///< the program is asked for a cycle; nobody waits for it
        kill_program,     ///< SIGKILL, so many milliseconds after a cycle began
        terminate,        ///< one of the program's sessions is ended
        terminate_writer, ///< a writer's session is ended
        crash_server,     ///< immediate stop, and start
        quiet             ///< all is left in peace, one cycle, and then the tree must be right
    };
    kind what = kind::sql;
    int session = 0;
    std::string text{};
    int ms = 0;
};

using actions = std::vector<action>;

inline std::string to_string(action const& a) {
    auto const session = "[" + std::to_string(a.session) + "] ";
    switch (a.what) {
    case action::kind::sql:
        return session + a.text;
    case action::kind::script:
        return "$ " + a.text;
    case action::kind::cycle:
        return "-- a cycle is asked for";
    case action::kind::kill_program:
        return "-- the program is killed " + std::to_string(a.ms) + " ms after a cycle began";
    case action::kind::terminate:
        return "-- session " + std::to_string(a.ms) + " of the program is ended";
    case action::kind::terminate_writer:
        return session + "-- the session is ended";
    case action::kind::crash_server:
        return "-- the server is stopped at once, and started";
    case action::kind::quiet:
        return "-- quiet";
    }
    return "";
}

} // namespace model
