#include "source/sessions.hpp"

namespace notes_export {

namespace {

std::string set_lock_timeout(std::string const& how, std::chrono::milliseconds timeout) {
    return how + " lock_timeout = " + std::to_string(timeout.count());
}

// The session of a predecessor that was killed a moment ago may still be ending.
constexpr std::chrono::seconds lock_wait{5};

} // namespace

std::unique_ptr<pg::connection> sessions::connect(std::string_view purpose) const {
    auto c = std::make_unique<pg::connection>(*m_config, purpose, m_stop);
    if (!c->pooled())
        c->query("set lock_timeout", set_lock_timeout("SET", m_config->lock_timeout));
    c->limit_statements(m_config->statement_timeout);
    return c;
}

void sessions::take_lock(pg::connection& writer) {
    m_lock_keeper.reset();
    if (writer.pooled()) {
        auto keeper = connect("lock");
        keeper->query("begin to hold the lock", "BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0");
        m_lock_keeper = std::move(keeper);
    }
    auto& c = m_lock_keeper ? *m_lock_keeper : writer;
    std::string const set = m_lock_keeper ? "SET LOCAL" : "SET";
    c.query("set lock_timeout", set_lock_timeout(set, lock_wait));
    try {
        c.query("take the advisory lock", m_sql->lock());
    } catch (database_error const& e) {
        if (e.sqlstate() != "55P03")
            throw;
        throw lock_held{name_holder(writer)};
    }
    c.query("set lock_timeout", set_lock_timeout(set, m_config->lock_timeout));
}

std::string sessions::name_holder(pg::connection& c) const {
    auto const holder = c.query("name the lock's holder", m_sql->lock_holder());
    std::string text = "another exporter serves schema \"" + m_sql->schema() + "\" of this database";
    if (!holder.empty())
        text += ": " + holder.text(0, 1) + " (backend " + holder.text(0, 0) + ", client " + holder.text(0, 2) + ")";
    return text;
}

void sessions::set_stop(std::stop_token stop) {
    m_stop = std::move(stop);
    if (m_writer)
        m_writer->set_stop(m_stop);
    if (m_lock_keeper)
        m_lock_keeper->set_stop(m_stop);
    for (auto& r : m_readers)
        if (r.connection)
            r.connection->set_stop(m_stop);
}

pg::connection& sessions::writer() {
    if (m_writer && m_writer->healthy() && lock_is_kept())
        return *m_writer;
    m_writer.reset();
    auto c = connect("writer");
    take_lock(*c);
    m_writer = std::move(c);
    return *m_writer;
}

pg::connection& sessions::marker() {
    if (!m_marker || !m_marker->healthy()) {
        m_marker = connect("marker");
        m_marker->set_stop({});
    }
    return *m_marker;
}

void sessions::require_lock() {
    auto& c = m_lock_keeper ? *m_lock_keeper : *m_writer;
    if (!c.query("check the advisory lock", m_sql->lock_is_held()).boolean(0, 0))
        throw database_error{"check the advisory lock: it is no longer ours, so nothing may be published", "", true};
}

void sessions::begin(std::size_t i, std::string_view snapshot) {
    auto& r = m_readers.at(i);
    if (!r.connection || !r.connection->healthy()) {
        r.transaction.reset();
        r.connection = connect("reader " + std::to_string(i));
    }
    r.transaction.emplace(*r.connection, "read snapshot",
                          "ISOLATION LEVEL REPEATABLE READ READ ONLY; " + sql::plan_once());
    if (r.connection->pooled())
        r.connection->query("set lock_timeout", set_lock_timeout("SET LOCAL", m_config->lock_timeout));
    if (!snapshot.empty())
        r.connection->query("share the snapshot", sql::import_snapshot(snapshot));
}

pg::connection& sessions::begin_snapshot() {
    if (m_readers.empty())
        m_readers.emplace_back();
    m_snapshot.clear();
    begin(0, "");
    return reader(0);
}

void sessions::open_readers(int count) {
    auto const wanted = static_cast<std::size_t>(count);
    while (m_readers.size() < wanted)
        m_readers.emplace_back();
    for (std::size_t i = 1; i < wanted; ++i) {
        if (m_readers[i].transaction)
            continue;
        if (m_snapshot.empty())
            m_snapshot = reader(0).query("export the snapshot", sql::export_snapshot()).text(0, 0);
        begin(i, m_snapshot);
    }
}

pg::connection* sessions::idle_reader() {
    for (auto& r : m_readers)
        if (r.connection && r.connection->healthy() && !r.transaction)
            return r.connection.get();
    return nullptr;
}

void sessions::end_snapshot() {
    for (auto& r : m_readers) {
        if (r.transaction)
            r.transaction->commit();
        r.transaction.reset();
    }
}

void sessions::reset() noexcept {
    m_readers.clear();
    m_marker.reset();
    m_writer.reset();
    m_lock_keeper.reset();
}

} // namespace notes_export
