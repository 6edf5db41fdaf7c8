#pragma once

#include "notes_export/config.hpp"
#include "pg/connection.hpp"

#include <chrono>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/**
 * Opens the sessions of an exporter, as far as server and role have room for them.
 *
 * Throws  database_error, cancelled.
 * Thread  the owner's; open_if_possible() any, while the owner changes nothing.
 */
class admission {
public:
    /// The server of conninfo, or that of read_conninfo.
    enum class server { primary, standby };
    explicit admission(export_config const& config, server which = server::primary) noexcept
        : m_config{&config}, m_server{which} {}

    /// For sessions that are opened from now on, and while they are; as of pg::connection.
    void set_stop(std::stop_token stop, std::chrono::milliseconds grace);
    std::stop_token const& stop() const noexcept { return m_stop; }

    /// One that is needed: room for it is waited for, some seconds.
    std::unique_ptr<pg::connection> open(std::string_view purpose) const;
    /// One that makes it faster: nullptr when there is no room for it, which is remembered for a while.
    std::unique_ptr<pg::connection> open_if_possible(std::string_view purpose);
    /// At the beginning of each transaction: what a pooled session was told before it has forgotten.
    void limit_lock_waits(pg::connection& c) const;

    /// That there was no room, one line, once.
    std::vector<std::string> take_warnings();

private:
    std::unique_ptr<pg::connection> connect(std::string_view purpose) const;

    session_request request(std::string_view purpose) const;

    export_config const* m_config;
    server m_server;
    std::stop_token m_stop;
    std::chrono::milliseconds m_grace{0};
    std::mutex m_refusal;                                  ///< for what follows
    std::chrono::steady_clock::time_point m_refused_until; ///< no optional session is tried before
    bool m_refusal_told = false;
    std::vector<std::string> m_warnings;
};

} // namespace notes_export
