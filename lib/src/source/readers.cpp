#include "source/readers.hpp"

#include "source/sql.hpp"

#include <algorithm>

namespace notes_export {

void readers::begin(reader& r, std::string_view shared_snapshot) {
    r.transaction.emplace(*r.connection, "read snapshot",
                          "ISOLATION LEVEL REPEATABLE READ READ ONLY; " + sql::plan_once());
    m_admission->limit_lock_waits(*r.connection);
    if (!shared_snapshot.empty())
        r.connection->query("share the snapshot", sql::import_snapshot(shared_snapshot));
}

readers::reader& readers::get(std::size_t i) {
    if (m_readers.size() == i)
        m_readers.emplace_back();
    return m_readers[i];
}

void readers::use(admission& a) noexcept {
    if (m_admission != &a)
        leave();
    m_admission = &a;
}

pg::connection& readers::first() {
    auto& r = get(0);
    if (!r.is_usable()) {
        r.transaction.reset();
        r.connection = m_admission->open("reader");
    }
    return *r.connection;
}

pg::connection& readers::begin_snapshot() {
    m_snapshot.clear();
    auto& c = first();
    begin(get(0), "");
    return c;
}

bool readers::join_snapshot(int i, bool by_new_session) {
    auto& r = get(static_cast<std::size_t>(i));
    if (r.transaction)
        return true;
    if (!r.is_usable())
        r.connection = by_new_session ? m_admission->open_if_possible("reader " + std::to_string(i + 1)) : nullptr;
    if (!r.connection)
        return false;
    if (m_snapshot.empty()) {
        at(0).release_savepoint();
        m_snapshot = at(0).query("export the snapshot", sql::export_snapshot()).text(0, 0);
    }
    begin(r, m_snapshot);
    return true;
}

int readers::open(int count, bool worth_new_sessions) {
    for (int i = 1; i < count; ++i)
        if (!join_snapshot(i, worth_new_sessions))
            return i;
    return count;
}

pg::connection* readers::idle() {
    for (auto& r : m_readers)
        if (r.is_usable() && !r.transaction)
            return r.connection.get();
    return nullptr;
}

bool readers::any_failed() const noexcept {
    return std::ranges::any_of(m_readers, [](reader const& r) {
        return r.connection && (!r.is_usable() || r.connection->has_failed_transaction());
    });
}

void readers::end_snapshot() {
    for (auto& r : m_readers) {
        if (r.transaction)
            r.transaction->commit();
        r.transaction.reset();
    }
}

void readers::set_stop(std::stop_token const& stop, std::chrono::milliseconds grace) {
    for (auto& r : m_readers)
        if (r.connection)
            r.connection->set_stop(stop, grace);
}

// The server rolls back what its client leaves.
void readers::leave() noexcept {
    for (auto& r : m_readers)
        if (r.transaction)
            r.transaction->leave();
    m_readers.clear();
}

} // namespace notes_export
