#include "pg/transaction.hpp"

#include "pg/connection.hpp"

namespace notes_export::pg {

transaction::transaction(connection& c, std::string_view purpose, std::string_view modes)
    : m_connection{&c}, m_purpose{purpose} {
    c.m_savepoint = false;
    std::string begin = "BEGIN ISOLATION LEVEL READ COMMITTED";
    if (!modes.empty())
        begin = "BEGIN " + std::string{modes};
    else if (c.m_writable) // whatever is the default
        begin += " READ WRITE";
    c.send(m_purpose, begin + ';' + (c.pooled() ? c.transaction_settings() : ""));
}

transaction::~transaction() {
    // After a request to stop nothing is waited for: the session is closed, and that ends its transaction.
    if (!m_open || !m_connection->healthy() || m_connection->stopping())
        return;
    try {
        m_connection->send(m_purpose, "ROLLBACK");
    } catch (database_error const&) {
        // The session is lost and its transaction with it; whoever uses it next is told.
    } catch (cancelled const&) {
        // The session is closed, as above; the request to stop is seen at the next wait.
    }
}

void transaction::commit() {
    m_connection->send(m_purpose, "COMMIT");
    m_open = false;
}

} // namespace notes_export::pg
