#pragma once

#include "notes_export/session.hpp"
#include "pg/conversation.hpp"
#include "pg/error.hpp"
#include "pg/result.hpp"
#include "pg/transaction.hpp"

#include <chrono>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace notes_export::pg {

/// Text of one $n parameter; nullopt is NULL.
using param = std::optional<std::string>;

/**
 * One blocking session, with everything pinned that changes how values are printed (time zone, date style, float
 * digits, search path, encoding), so that the same row gives the same bytes whatever ALTER ROLE ... SET says.
 *
 * Every failure throws database_error "<purpose>: <message> [SQLSTATE]".
 * Thread: one thread at a time.
 */
class connection {
public:
    /// Waiting for the server ends with `cancelled` when `stop` is requested; the session is closed then.
    explicit connection(session_request const& request, std::stop_token stop = {});
    /// To the database of an exporter. A standby can neither mark nor be trusted to be up to date, so this is its
    /// primary.
    connection(export_config const& config, std::string_view purpose, std::stop_token stop = {});
    /// The session itself, for somebody who waits for it in another way. Of no further use here.
    session release() && noexcept { return std::move(m_session).release(); }

    /// From now on waiting ends with `cancelled` when a stop is requested and the grace, which begins when that is
    /// noticed, is over.
    void set_stop(std::stop_token stop, std::chrono::milliseconds grace = std::chrono::milliseconds{0}) {
        m_session.set_stop(std::move(stop), grace);
    }
    /// No statement takes longer: the server is told, and when it does not even give up in time, the session counts as
    /// lost (a server process that hangs, a network that swallows packets).
    void limit_statements(std::chrono::milliseconds longest);
    /// For what is asked from now on; the server is not told.
    void answer_within(std::chrono::milliseconds longest) noexcept { m_session.set_longest_statement(longest); }
    bool stopping() const noexcept { return m_session.is_stopping(); }

    /// Statement without parameters; several statements separated by ';' give the last one's result.
    result query(std::string_view purpose, std::string const& sql);
    /// Values travel as $1.., never inside the SQL text.
    result query(std::string_view purpose, std::string const& sql, std::span<param const> params);
    result query(std::string_view purpose, std::string const& sql, std::initializer_list<param> params) {
        return query(purpose, sql, std::span{params.begin(), params.size()});
    }
    /// Like query(), planned once per session and SQL text.
    result prepared(std::string_view purpose, std::string const& sql, std::span<param const> params);

    /// The same, row by row as they come: each in a result of its own, so that memory holds one of them. What `row`
    /// throws is thrown when the rest of the answer was read.
    void stream(std::string_view purpose, std::string const& sql, std::span<param const> params,
                std::function<void(result const&)> const& row);

    /// In a transaction, before what may fail because of one row: back_to_savepoint() then undoes the failure without
    /// losing the snapshot. The first call of a transaction sets the savepoint, all further ones keep it.
    void set_savepoint();
    void back_to_savepoint();
    /// Behind it a snapshot can be exported again, which a savepoint forbids.
    void release_savepoint();

    /// The server session is not the one that was connected to: a pooler stands between, and may give each transaction
    /// another one. Nothing is pinned or prepared in such a session beyond the transaction, as it is not ours.
    bool pooled() const noexcept { return m_pooled; }
    bool healthy() const noexcept { return m_session.is_healthy(); }
    /// Its transaction met an error, and can only be rolled back.
    bool has_failed_transaction() const noexcept {
        return m_session.is_open() && PQtransactionStatus(m_session.get()) == PQTRANS_INERROR;
    }

private:
    bool send_prepared(std::string_view purpose, std::string const& sql, std::span<param const> params);
    bool ask_whether_pooled();
    void pin_session();
    bool needs_transaction() const noexcept;
    std::string transaction_settings() const;
    result send(std::string_view purpose, std::string const& sql);
    result send(std::string_view purpose, std::string const& sql, std::span<param const> params);
    friend class transaction;

    conversation m_session;
    bool m_pooled = false;
    bool m_savepoint = false;            ///< is set in this transaction
    bool m_writable = true;              ///< the server is no standby
    std::vector<std::string> m_prepared; ///< SQL texts; the statement's name is the position
};

} // namespace notes_export::pg
