#include "source/admission.hpp"

#include "notes_export/session.hpp"
#include "pause.hpp"

#include <algorithm>
#include <utility>

namespace notes_export {

namespace {

using clock = std::chrono::steady_clock;

// A session that is needed is worth a wait: another of ours may be about to end.
constexpr std::chrono::seconds patience{5};
constexpr std::chrono::milliseconds pause_between{100};
// One that is not needed is not asked for in every cycle: each refusal is a line in the server's log.
constexpr std::chrono::seconds refusal_remembered{60};

std::string set_lock_timeout(std::string const& how, std::chrono::milliseconds timeout) {
    return how + " lock_timeout = " + std::to_string(timeout.count());
}

database_error with_number_needed(database_error const& e) {
    return {std::string{e.what()} + "; an export needs two sessions at once (three through a pooler), and the service "
                                    "one more to listen: raise the CONNECTION LIMIT of the role or max_connections",
            e.sqlstate(), e.connection_lost()};
}

} // namespace

void admission::set_stop(std::stop_token stop, std::chrono::milliseconds grace) {
    m_stop = std::move(stop);
    m_grace = grace;
}

session_request admission::request(std::string_view purpose) const {
    auto const& c = *m_config;
    if (m_server == server::primary)
        return {c.conninfo, c.application_name, std::string{purpose}, c.password, c.connect_timeout};
    return {
        c.read_conninfo, c.application_name, std::string{purpose}, c.password, std::min(c.connect_timeout, c.read_wait),
        "prefer-standby"};
}

std::unique_ptr<pg::connection> admission::connect(std::string_view purpose) const {
    auto c = std::make_unique<pg::connection>(request(purpose), m_stop);
    c->set_stop(m_stop, m_grace);
    if (!c->pooled())
        c->query("set lock_timeout", set_lock_timeout("SET", m_config->lock_timeout));
    c->limit_statements(m_config->statement_timeout);
    return c;
}

void admission::limit_lock_waits(pg::connection& c) const {
    if (c.pooled())
        c.query("set lock_timeout", set_lock_timeout("SET LOCAL", m_config->lock_timeout));
}

std::unique_ptr<pg::connection> admission::open(std::string_view purpose) const {
    for (auto const deadline = clock::now() + patience;;) {
        try {
            return connect(purpose);
        } catch (database_error const& e) {
            if (e.sqlstate() != too_many_sessions)
                throw;
            if (clock::now() > deadline)
                throw with_number_needed(e);
        }
        pause(m_stop, pause_between);
    }
}

// The marker and a reader may be wanted at the same time.
std::unique_ptr<pg::connection> admission::open_if_possible(std::string_view purpose) {
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

std::vector<std::string> admission::take_warnings() {
    std::scoped_lock const lock{m_refusal};
    return std::exchange(m_warnings, {});
}

} // namespace notes_export
