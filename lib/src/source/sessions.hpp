#pragma once

#include "notes_export/config.hpp"
#include "pg/connection.hpp"
#include "source/sql.hpp"

#include <deque>
#include <memory>
#include <optional>

namespace notes_export {

/**
 * The database sessions of one exporter: one that writes (flags, statistics) and holds the advisory lock, and the
 * readers, which share one snapshot. Kept open between cycles; reset() after any failure.
 *
 * Through a pooler, which may give each transaction another server session, a transaction of its own that never ends
 * holds the lock.
 *
 * Thread: the owner's; reader(i) may be used by one other thread each between open_readers() and end_snapshot(), the
 * writer and the marker by one other each while the owner uses neither.
 */
class sessions {
public:
    sessions(export_config const& config, sql const& statements) : m_config{&config}, m_sql{&statements} {}

    /// From now on waiting for the database ends with `cancelled` when a stop is requested; {} waits for the answer.
    void set_stop(std::stop_token stop);

    /// The writing session, locked. Throws lock_held naming the holder.
    pg::connection& writer();
    /// A session for marking beside what the others do. It does not heed requests to stop: what is published is marked.
    pg::connection& marker();
    void close_marker() noexcept { m_marker.reset(); }
    /// Throws database_error when the advisory lock is no longer ours.
    void require_lock();

    /// Begins the REPEATABLE READ READ ONLY snapshot on reader(0).
    pg::connection& begin_snapshot();
    /// Lets readers 1..count-1 read the same snapshot.
    void open_readers(int count);
    pg::connection& reader(int i) { return *m_readers.at(static_cast<std::size_t>(i)).connection; }
    /// A reader that is in no transaction, nullptr when there is none.
    pg::connection* idle_reader();
    void end_snapshot();

    /// Forget all sessions: transactions roll back, the lock is released.
    void reset() noexcept;

private:
    struct reading {
        std::unique_ptr<pg::connection> connection;
        std::optional<pg::transaction> transaction;
    };
    std::unique_ptr<pg::connection> connect(std::string_view purpose) const;
    void take_lock(pg::connection& writer);
    bool lock_is_kept() const noexcept { return !m_lock_keeper || m_lock_keeper->healthy(); }
    std::string name_holder(pg::connection& c) const;
    void begin(std::size_t i, std::string_view snapshot);

    export_config const* m_config;
    sql const* m_sql;
    std::unique_ptr<pg::connection> m_writer;
    std::unique_ptr<pg::connection> m_marker;      ///< only while a large cycle needs it
    std::unique_ptr<pg::connection> m_lock_keeper; ///< null: the writer holds the lock
    std::deque<reading> m_readers;
    std::string m_snapshot;
    std::stop_token m_stop;
};

} // namespace notes_export
