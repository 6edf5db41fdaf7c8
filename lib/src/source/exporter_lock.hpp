#pragma once

#include "pg/connection.hpp"
#include "source/lock_statements.hpp"

#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace notes_export {

/**
 * Keeps a second exporter of the same schema out. It is a session that holds an advisory key, and such a key can be had
 * by everybody who may connect; so what counts is who holds one:
 *
 *   the main key is taken when it is free, else one at random of the family, so that nobody can hold them all;
 *   then all keys are looked at: another holder who may export means that ours is given back, and one who may not is
 *   named in a warning, and no hindrance.
 *
 * Of two that begin at once each looks after it has taken its key, so that at least one of them sees the other.
 *
 * Through a pooler, which may give each transaction another server session, a transaction that never ends holds the
 * key. Thread: the owner's.
 */
class exporter_lock {
public:
    explicit exporter_lock(lock_statements statements) : m_statements{std::move(statements)} {}
    ~exporter_lock() { forget(); }
    exporter_lock(exporter_lock const&) = delete;
    exporter_lock& operator=(exporter_lock const&) = delete;

    /// Takes the lock in the writer's session, or, when there is one, in the keeper's. The writer lives longer than the
    /// lock. Waits some seconds for a predecessor to end; throws lock_held naming who has it, cancelled.
    void take(pg::connection& writer, std::unique_ptr<pg::connection> keeper, std::stop_token const& stop);
    /// Throws database_error when the lock is no longer ours alone.
    void require();
    /// Gives it up together with the keeper's session; a writer's goes with the writer.
    void forget() noexcept;
    bool is_kept() const noexcept { return !m_keeper || m_keeper->healthy(); }
    void set_stop(std::stop_token const& stop, std::chrono::milliseconds grace);

    /// One line for each foreign holder since the last call, each told once.
    std::vector<std::string> take_warnings() { return std::exchange(m_warnings, {}); }

private:
    pg::connection& holder() const { return m_keeper ? *m_keeper : *m_writer; }
    bool take_a_key();
    bool take_key(advisory_key const& key);
    void give_back();
    std::optional<std::string> find_rival(bool tell_others);
    void tell(pg::result const& holders, int i);

    lock_statements m_statements;
    pg::connection* m_writer = nullptr;
    std::unique_ptr<pg::connection> m_keeper;
    std::optional<pg::transaction> m_transaction; ///< of the keeper
    std::optional<advisory_key> m_key;
    std::vector<std::string> m_warnings;
    std::set<std::string> m_told; ///< roles
};

} // namespace notes_export
