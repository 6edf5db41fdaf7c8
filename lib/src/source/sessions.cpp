#include "source/sessions.hpp"

#include "notes_export/session.hpp"

#include <algorithm>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <utility>

namespace notes_export {

namespace {

using clock = std::chrono::steady_clock;

// A session that is needed is worth a wait: another of ours may be about to end.
constexpr std::chrono::seconds admission_patience{5};
constexpr std::chrono::milliseconds admission_pause{100};
// One that is not needed is not asked for in every cycle: each refusal is a line in the server's log.
constexpr std::chrono::seconds refusal_remembered{60};
// After a request to stop. What is published and not marked is looked at again by the next cycle, and no more.
constexpr std::chrono::seconds marking_grace{5};

std::string set_lock_timeout(std::string const& how, std::chrono::milliseconds timeout) {
    return how + " lock_timeout = " + std::to_string(timeout.count());
}

void pause(std::stop_token const& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock{mutex};
    never.wait_for(lock, stop, admission_pause, [] { return false; });
    if (stop.stop_requested())
        throw cancelled{};
}

database_error with_number_needed(database_error const& e) {
    return {std::string{e.what()} + "; an export needs two sessions at once (three through a pooler), and the service "
                                    "one more to listen: raise the CONNECTION LIMIT of the role or max_connections",
            e.sqlstate(), e.connection_lost()};
}

} // namespace

std::unique_ptr<pg::connection> sessions::connect(std::string_view purpose) const {
    auto c = std::make_unique<pg::connection>(*m_config, purpose, m_stop);
    c->set_stop(m_stop, m_grace);
    if (!c->pooled())
        c->query("set lock_timeout", set_lock_timeout("SET", m_config->lock_timeout));
    c->limit_statements(m_config->statement_timeout);
    return c;
}

std::unique_ptr<pg::connection> sessions::connect_patiently(std::string_view purpose) const {
    for (auto const deadline = clock::now() + admission_patience;;) {
        try {
            return connect(purpose);
        } catch (database_error const& e) {
            if (e.sqlstate() != too_many_sessions)
                throw;
            if (clock::now() > deadline)
                throw with_number_needed(e);
        }
        pause(m_stop);
    }
}

// nullptr: there is no room for it. The marker and a reader may be wanted at the same time.
std::unique_ptr<pg::connection> sessions::connect_if_possible(std::string_view purpose) {
    std::scoped_lock const lock{m_refusal};
    if (clock::now() < m_refused_until)
        return nullptr;
    try {
        return connect(purpose);
    } catch (database_error const& e) {
        if (e.sqlstate() != too_many_sessions)
            throw;
        m_refused_until = clock::now() + refusal_remembered;
        if (!std::exchange(m_refusal_told, true))
            m_warnings.push_back(std::string{e.what()} + "; going on with fewer sessions, which takes longer");
        return nullptr;
    }
}

void sessions::set_stop(std::stop_token stop, std::chrono::milliseconds grace) {
    m_stop = std::move(stop);
    m_grace = grace;
    if (m_writer)
        m_writer->set_stop(m_stop, grace);
    m_lock.set_stop(m_stop, grace);
    for (auto& r : m_readers)
        if (r.connection)
            r.connection->set_stop(m_stop, grace);
}

void sessions::finish_soon() {
    set_stop(m_stop, marking_grace);
}

pg::connection& sessions::writer() {
    if (m_writer && m_writer->healthy() && m_lock.is_kept())
        return *m_writer;
    m_lock.forget();
    m_writer.reset();
    auto c = connect_patiently("writer");
    m_lock.take(*c, c->pooled() ? connect_patiently("lock") : nullptr, m_stop);
    m_writer = std::move(c);
    return *m_writer;
}

pg::connection& sessions::marker() {
    if (m_marker && m_marker->healthy())
        return *m_marker;
    m_marker = connect_if_possible("marker");
    auto& marking = m_marker ? *m_marker : writer();
    marking.set_stop(m_stop, marking_grace);
    return marking;
}

std::vector<std::string> sessions::take_warnings() {
    std::scoped_lock const lock{m_refusal};
    auto warnings = m_lock.take_warnings();
    std::ranges::move(std::exchange(m_warnings, {}), std::back_inserter(warnings));
    return warnings;
}

void sessions::begin(reading& r, std::string_view purpose, std::string_view snapshot) {
    r.transaction.emplace(*r.connection, purpose, "ISOLATION LEVEL REPEATABLE READ READ ONLY; " + sql::plan_once());
    if (r.connection->pooled())
        r.connection->query("set lock_timeout", set_lock_timeout("SET LOCAL", m_config->lock_timeout));
    if (!snapshot.empty())
        r.connection->query("share the snapshot", sql::import_snapshot(snapshot));
}

pg::connection& sessions::begin_snapshot() {
    if (m_readers.empty())
        m_readers.emplace_back();
    m_snapshot.clear();
    auto& first = m_readers.front();
    if (!first.connection || !first.connection->healthy()) {
        first.transaction.reset();
        first.connection = connect_patiently("reader 0");
    }
    begin(first, "read snapshot", "");
    return reader(0);
}

int sessions::open_readers(int count) {
    for (int i = 1; i < count; ++i) {
        auto const at = static_cast<std::size_t>(i);
        if (m_readers.size() == at)
            m_readers.emplace_back();
        auto& r = m_readers[at];
        if (r.transaction)
            continue;
        if (!r.connection || !r.connection->healthy())
            r.connection = connect_if_possible("reader " + std::to_string(i));
        if (!r.connection)
            return i;
        if (m_snapshot.empty())
            m_snapshot = reader(0).query("export the snapshot", sql::export_snapshot()).text(0, 0);
        begin(r, "read snapshot", m_snapshot);
    }
    return count;
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

// Nothing is waited for: the server rolls back what its client leaves.
void sessions::reset() noexcept {
    for (auto& r : m_readers)
        if (r.transaction)
            r.transaction->leave();
    m_readers.clear();
    m_marker.reset();
    m_lock.forget();
    m_writer.reset();
}

} // namespace notes_export
