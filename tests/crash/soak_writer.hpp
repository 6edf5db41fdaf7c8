#pragma once

#include "crash/soak_model.hpp"

#include <cstdint>
#include <functional>
#include <libpq-fe.h>
#include <memory>
#include <random>
#include <string>

namespace soak {

/**
 * One session that changes the warehouse in random transactions, as the ETL and its operators do, and keeps what it
 * committed. Each writer has rows of its own, so that the outcome does not depend on who was first.
 *
 * A transaction leaves a line in soak.ledger: when the connection breaks at COMMIT, that line tells whether it counts.
 */
class writer {
public:
    /// `connect` gives a new session, waiting for the server if need be.
    writer(int number, std::function<PGconn*()> connect, warehouse initial);

    /// Begins a transaction, does one thing in it, or ends it.
    void step(std::mt19937_64& random);
    /// Changes that make the daemon export everything are left out from now on, or not.
    void allow_renaming_types(bool yes) noexcept { m_renames_types = yes; }
    /// Ends the open transaction and puts back what a mass deletion took away.
    void settle(std::mt19937_64& random);

    warehouse const& committed() const noexcept { return m_committed; }
    std::size_t commits() const noexcept { return m_commits; }
    std::size_t failures() const noexcept {
        return m_failures;
    } ///< transactions that did not end as they were meant to

private:
    void begin();
    void commit();
    void roll_back();
    void change(std::mt19937_64& random);
    void change_user(std::mt19937_64& random);
    void recompute_user(std::mt19937_64& random);
    void insert_missing_user(std::mt19937_64& random);
    void insert_user(std::int64_t id, std::mt19937_64& random);
    void delete_user(std::mt19937_64& random);
    void delete_row(std::mt19937_64& random);
    void rename_user(std::mt19937_64& random);
    void change_country(std::mt19937_64& random);
    void change_global(std::mt19937_64& random);
    void rename_type(std::mt19937_64& random);
    void announce(std::mt19937_64& random);
    void delete_all();
    void insert_all_missing(std::mt19937_64& random, std::size_t keep_missing);
    void try_and_take_back(std::mt19937_64& random);

    user_row* some_user(std::mt19937_64& random);
    bool exec(std::string const& sql);
    bool counts(std::int64_t transaction);
    void connection_lost();
    std::size_t missing(warehouse const& in) const;
    std::string literal(std::string const& text) const;

    struct finish {
        void operator()(PGconn* c) const noexcept { PQfinish(c); }
    };
    int m_number;
    std::function<PGconn*()> m_connect;
    std::unique_ptr<PGconn, finish> m_connection;
    warehouse m_committed;
    warehouse m_working;             ///< as the open transaction sees it
    std::vector<std::int64_t> m_ids; ///< the users that are there in quiet times
    bool m_open = false;
    bool m_failed = false; ///< the open transaction can only be rolled back
    bool m_renames_types = false;
    std::int64_t m_transaction = 0;
    std::int64_t m_next_key;
    std::size_t m_commits = 0;
    std::size_t m_failures = 0;
};

} // namespace soak
