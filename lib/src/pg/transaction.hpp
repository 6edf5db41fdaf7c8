#pragma once

#include <string>
#include <string_view>

namespace notes_export::pg {

class connection;

/// BEGIN ... COMMIT; without commit() the destructor rolls back.
class transaction {
public:
    /// `modes` follows BEGIN, "ISOLATION LEVEL REPEATABLE READ READ ONLY"; "" is read committed, and writing.
    transaction(connection& c, std::string_view purpose, std::string_view modes = "");
    ~transaction();
    transaction(transaction const&) = delete;
    transaction& operator=(transaction const&) = delete;
    void commit();
    /// Nobody waits for its end: its session is closed next, and that rolls it back.
    void leave() noexcept { m_open = false; }

private:
    connection* m_connection;
    std::string m_purpose;
    bool m_open = true;
};

} // namespace notes_export::pg
