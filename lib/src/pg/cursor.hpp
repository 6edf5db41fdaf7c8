#pragma once

#include "pg/connection.hpp"

#include <string>
#include <string_view>

namespace notes_export::pg {

/// Reads a large result in pieces, inside the caller's transaction. One cursor at a time per connection.
class cursor {
public:
    cursor(connection& c, std::string_view purpose, std::string const& sql, std::initializer_list<param> params = {})
        : m_connection{&c}, m_purpose{purpose} {
        c.query(purpose, "DECLARE piecewise NO SCROLL CURSOR FOR " + sql, params);
    }
    /// The next `rows` rows; fewer, or none, at the end.
    result fetch(int rows) {
        return m_connection->query(m_purpose, "FETCH FORWARD " + std::to_string(rows) + " FROM piecewise");
    }
    void close() { m_connection->query(m_purpose, "CLOSE piecewise"); }

private:
    connection* m_connection;
    std::string m_purpose;
};

/// Calls row(result, number) for every row of a query.
template <class Row>
void for_each_row(connection& c, std::string_view purpose, std::string const& sql, std::initializer_list<param> params,
                  Row const& row, int piece = 2000) {
    cursor rows{c, purpose, sql, params};
    for (;;) {
        auto const fetched = rows.fetch(piece);
        for (int i = 0; i < fetched.rows(); ++i)
            row(fetched, i);
        if (fetched.rows() < piece)
            break;
    }
    rows.close();
}

} // namespace notes_export::pg
