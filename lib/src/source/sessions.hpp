#pragma once

#include "notes_export/config.hpp"
#include "pg/connection.hpp"
#include "source/admission.hpp"
#include "source/exporter_lock.hpp"
#include "source/read_server.hpp"
#include "source/readers.hpp"
#include "source/sql.hpp"

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace notes_export {

/**
 * The database sessions of one exporter: one that writes (flags, statistics), and the readers, which share one
 * snapshot, of the primary or of a standby; and the lock that keeps other exporters out. Kept open between cycles;
 * reset() after any failure.
 *
 * Two are needed, the writer and one reader; through a pooler a third, which keeps the lock. Further ones make it
 * faster: when server or role has no room for them it goes on without, and a warning says so.
 *
 * Thread: the owner's; reader(i) may be used by one other thread each between open_readers() and end_snapshot(), the
 * writer and the marker by one other each while the owner uses neither.
 */
class sessions {
public:
    sessions(export_config const& config, sql const& statements)
        : m_admission{config},
          m_lock{{statements.schema(), statements.tables()}},
          m_read_server{config},
          m_readers{m_admission} {}
    ~sessions() { reset(); }
    sessions(sessions const&) = delete;
    sessions& operator=(sessions const&) = delete;

    /// From now on waiting for the database ends with `cancelled` when a stop is requested, after that grace.
    void set_stop(std::stop_token const& stop, std::chrono::milliseconds grace = std::chrono::milliseconds{0});

    /// What is published is marked, but that must not hold up a stop for long.
    void finish_soon();

    /// The writing session, locked. Throws lock_held naming the holder.
    pg::connection& writer();
    /// A session for marking beside what the others do; the writer, when there can be no other. Like finish_soon().
    pg::connection& marker();
    void close_marker() noexcept { m_marker.reset(); }
    /// One that can mark beside the writer now, nullptr when there is none.
    pg::connection* second_marker();
    /// A session of the primary for questions: the writer's when that is there.
    pg::connection& primary();
    /// Throws database_error when the advisory lock is no longer ours.
    void require_lock() { m_lock.require(); }

    /// What the operator is to know of the sessions, one line each, since the last call.
    std::vector<std::string> take_warnings();

    /// Before a snapshot: the readers are to be of the standby, if there is one that has all that the primary has now.
    void choose_read_server();
    /// In the snapshot: throws database_error when that did not stay so.
    void require_read_server();
    bool reads_from_standby() const noexcept { return m_read_server.is_read(); }
    /// Before reset(): was this the standby's failure? Then what comes next is read from the primary.
    bool standby_failed(database_error const& e);
    read_place take_read_place() { return m_read_server.take_place(); }

    /// Begins the REPEATABLE READ READ ONLY snapshot on reader(0).
    pg::connection& begin_snapshot() { return m_readers.begin_snapshot(); }
    /// Lets readers 1..count-1 read the same snapshot, or fewer: how many readers there are. Sessions that are not
    /// there are opened when they are worth it.
    int open_readers(int count, bool worth_new_sessions) { return m_readers.open(count, worth_new_sessions); }
    pg::connection& reader(int i) { return m_readers.at(i); }
    void end_snapshot() { m_readers.end_snapshot(); }

    /// Forget all sessions: transactions roll back, the lock is released.
    void reset() noexcept;

private:
    admission m_admission;
    std::unique_ptr<pg::connection> m_writer;
    exporter_lock m_lock;                     ///< of the writer, or with a session of its own
    std::unique_ptr<pg::connection> m_marker; ///< only while a large cycle needs it
    std::unique_ptr<pg::connection> m_asked;  ///< for questions, when there is no writer
    read_server m_read_server;
    readers m_readers;
};

} // namespace notes_export
