#pragma once

#include "notes_export/session.hpp"
#include "pg/result.hpp"

#include <chrono>
#include <functional>
#include <libpq-fe.h>
#include <optional>
#include <stop_token>
#include <string_view>
#include <utility>

namespace notes_export::pg {

/**
 * A session, and how long the server's answers are waited for there: as long as a statement may take, and not beyond a
 * request to stop. The session is closed when an answer is not waited for any more.
 *
 * Throws  database_error "<purpose>: <message> [SQLSTATE]"; cancelled when a stop ends the wait.
 * Thread  one at a time.
 */
class conversation {
public:
    conversation(session s, std::stop_token stop) noexcept : m_stop{std::move(stop)}, m_session{std::move(s)} {}

    /// What libpq sends with; nullptr when the session was closed.
    pg_conn* get() const noexcept { return m_session.get(); }
    bool is_open() const noexcept { return m_session != nullptr; }
    bool is_healthy() const noexcept { return m_session && PQstatus(m_session.get()) == CONNECTION_OK; }
    /// Of no further use here.
    session release() && noexcept { return std::move(m_session); }

    /// Waiting ends when a stop is requested and the grace, which begins when that is noticed, is over.
    void set_stop(std::stop_token stop, std::chrono::milliseconds grace);
    bool is_stopping() const noexcept { return m_stop.stop_requested(); }

    /// As long as the server may work at a statement; it has some seconds more to say that this was too long.
    void set_longest_statement(std::chrono::milliseconds longest) noexcept { m_longest_statement = longest; }
    std::chrono::milliseconds longest_statement() const noexcept { return m_longest_statement; }

    /// The answer to what libpq was given to send, of several statements the last one's. `sent` is whether it took it.
    result answer(std::string_view purpose, bool sent);
    /// The same in single row mode, each row as it comes. What `row` throws is thrown when the rest was read.
    void answer_by_row(std::string_view purpose, bool sent, std::function<void(result const&)> const& row);

private:
    void require_sent(std::string_view purpose, bool sent) const;
    result last_result(std::string_view purpose);
    PGresult* next_result(std::string_view purpose, std::chrono::steady_clock::time_point until);
    std::chrono::steady_clock::time_point deadline() const noexcept;
    [[noreturn]] void give_up(std::string_view purpose);
    void wait(short events);
    void heed_stop();

    static constexpr std::chrono::milliseconds default_longest_statement{60'000};

    std::stop_token m_stop;
    std::chrono::milliseconds m_grace{0};
    std::optional<std::chrono::steady_clock::time_point> m_stop_noticed;
    std::chrono::milliseconds m_longest_statement = default_longest_statement;
    session m_session; ///< null after a wait that was given up
};

} // namespace notes_export::pg
