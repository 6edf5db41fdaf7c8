#pragma once

#include "notes_export/config.hpp"
#include "notes_export/error.hpp"
#include "notes_export/read_place.hpp"
#include "source/admission.hpp"
#include "source/readers.hpp"
#include "source/server_identity.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/**
 * The standby of [database] read_conninfo, and whether the readers read from it.
 *
 * They do when it is a physical standby of the primary, on its timeline, and has replayed what the primary had when it
 * was asked; rows and their versions are the same there then. Whatever else is the case is a problem: the primary is
 * read, and the standby left alone for a while that grows from one second to one minute.
 *
 * Thread: the owner's.
 */
class read_server {
public:
    explicit read_server(export_config const& config)
        : m_config{&config}, m_admission{config, admission::server::standby} {
        m_place.configured = is_configured();
    }

    void set_stop(std::stop_token const& stop, std::chrono::milliseconds grace) { m_admission.set_stop(stop, grace); }

    /// There is one, and it is not left alone.
    bool is_worth_asking() const;
    /// Waits at most read_wait for it to have all that the primary has now. true: the readers are of the standby.
    /// false: there is a problem. Throws database_error when the primary is lost; cancelled.
    bool take(readers& all, pg::connection& primary);
    /// After take(), in the snapshot: throws database_error when the server that the snapshot is of is another one by
    /// now, or no standby any more, so that it may have rows that the primary never had.
    void require(pg::connection& in_snapshot);
    /// The readers are of the primary.
    void leave() noexcept { m_read.reset(); }

    bool is_read() const noexcept { return m_read.has_value(); }
    /// Reading from it failed.
    void failed(database_error const& e) { note(standby_problem::failed, e.what()); }
    /// What require() found was thrown.
    bool is_doubted() const noexcept { return m_doubted; }

    read_place take_place();
    std::vector<std::string> take_warnings() { return m_admission.take_warnings(); }

private:
    using clock = std::chrono::steady_clock;

    bool is_configured() const noexcept { return !m_config->read_conninfo.empty(); }
    bool follows(readers& all, server_identity const& primary, std::string const& lsn, clock::time_point deadline);
    bool wait_for(pg::connection& standby, std::string const& lsn, clock::time_point deadline);
    void note(standby_problem what, std::string error);

    export_config const* m_config;
    admission m_admission;
    std::optional<server_identity> m_read; ///< that the readers are of
    bool m_doubted = false;
    read_place m_place;
    std::optional<read_place> m_told; ///< as it was last taken
    clock::time_point m_left_until;
    std::chrono::milliseconds m_leave_for{0};
};

} // namespace notes_export
