#pragma once

#include <chrono>
#include <filesystem>
#include <string>

namespace exportd {

/// What a running daemon tells of itself, or why it does not.
struct daemon_answer {
    std::string json;    ///< as /status.json has it; "" is none
    std::string problem; ///< why there is none, one line
    bool absent = false; ///< nobody listens: no daemon has this socket
};

/**
 * Asks the daemon that listens on this Unix socket.
 *
 * Takes at most `within`, and at most 16 MB: whoever listens there is not trusted to be a daemon.
 * Throws nothing of its own.
 */
daemon_answer ask_daemon(std::filesystem::path const& socket, std::chrono::milliseconds within);

} // namespace exportd
