#include "source/read_server.hpp"

#include "pause.hpp"

#include <algorithm>
#include <utility>

namespace notes_export {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds pause_between_looks{20};
constexpr std::chrono::milliseconds shortest_leave{1s};
constexpr std::chrono::milliseconds longest_leave{1min};

std::string in_seconds(std::chrono::milliseconds d) {
    return std::to_string(std::chrono::ceil<std::chrono::seconds>(d).count()) + " s";
}

} // namespace

bool read_server::is_worth_asking() const {
    return is_configured() && clock::now() >= m_left_until;
}

bool read_server::take(readers& all, pg::connection& primary) {
    auto const deadline = clock::now() + m_config->read_wait;
    m_doubted = false;
    std::string lsn;
    server_identity is;
    try {
        lsn = mark_position(primary);
        is = identify_server(primary);
    } catch (database_error const& e) {
        if (e.connection_lost())
            throw;
        note(standby_problem::unknown, e.what());
        return false;
    }
    try {
        all.use(m_admission);
        return follows(all, is, lsn, deadline);
    } catch (database_error const& e) {
        note(standby_problem::unreachable, e.what());
        return false;
    }
}

bool read_server::follows(readers& all, server_identity const& primary, std::string const& lsn,
                          clock::time_point deadline) {
    auto& standby = all.first();
    standby.answer_within(m_config->read_wait); // of what is asked here, each is soon done
    auto seen = identify_server(standby);
    if (auto const problem = difference_between(primary, seen); problem != standby_problem::none) {
        note(problem, describe(problem, primary, seen));
        return false;
    }
    if (!wait_for(standby, lsn, deadline)) {
        note(standby_problem::behind, missing_to(standby, lsn) + " of the primary's log up to " + lsn +
                                          " were not replayed within " + in_seconds(m_config->read_wait));
        return false;
    }
    standby.answer_within(m_config->statement_timeout);
    m_read = std::move(seen);
    m_place = {.configured = true, .standby = true};
    return true;
}

bool read_server::wait_for(pg::connection& standby, std::string const& lsn, clock::time_point deadline) {
    while (!has_replayed(standby, lsn)) {
        if (clock::now() >= deadline)
            return false;
        pause(m_admission.stop(), pause_between_looks);
    }
    return true;
}

void read_server::require(pg::connection& in_snapshot) {
    if (!m_read)
        return;
    auto const now = identify_server(in_snapshot);
    m_doubted = now.started != m_read->started || !now.in_recovery;
    if (m_doubted)
        throw database_error{"read from the standby: it is another server by now, or was promoted", "", false};
}

void read_server::note(standby_problem what, std::string error) {
    m_place = {.configured = true, .problem = what, .error = std::move(error)};
    m_read.reset();
    m_leave_for = std::clamp(2 * m_leave_for, shortest_leave, longest_leave);
    m_left_until = clock::now() + m_leave_for;
}

read_place read_server::take_place() {
    // How much is missing, and which attempt failed, is another text each time.
    m_place.changed = is_configured() && (!m_told || m_told->problem != m_place.problem);
    m_told = m_place;
    if (m_read)
        m_leave_for = {}; // all of a cycle was read from it
    return m_place;
}

} // namespace notes_export
