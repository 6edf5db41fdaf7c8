#include "pg/connect.hpp"

#include "pg/error.hpp"
#include "pg/hosts.hpp"

#include <algorithm>
#include <exception>
#include <libpq-fe.h>
#include <poll.h>
#include <utility>
#include <vector>

namespace notes_export::pg {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds stop_is_noticed_within{100};

std::string ask(password_source const& password, std::string const& purpose) {
    try {
        return password ? password() : "";
    } catch (std::exception const& e) {
        throw database_error{purpose + ": " + e.what(), "", true};
    }
}

// What is defaulted stands before the caller's conninfo, what is forced after it: libpq takes the last value.
// An empty one counts as not given.
conninfo_values asked_for(session_request const& request, std::string const& password) {
    return {{"keepalives_idle", "30"},
            {"keepalives_interval", "10"},
            {"keepalives_count", "3"},
            {"tcp_user_timeout", "30000"},
            {"target_session_attrs", request.target},
            {"dbname", request.conninfo},
            {"password", password},
            {"application_name", request.application + ": " + request.purpose},
            {"client_encoding", "UTF8"}};
}

// `expand`: what stands at dbname may be a whole conninfo.
session begin(conninfo_values const& parameters, bool expand) {
    std::vector<char const*> keys;
    std::vector<char const*> values;
    for (auto const& [key, value] : parameters) {
        keys.push_back(key.c_str());
        values.push_back(value.c_str());
    }
    keys.push_back(nullptr);
    values.push_back(nullptr);
    session s{PQconnectStartParams(keys.data(), values.data(), expand ? 1 : 0)};
    if (!s)
        return s;
    PQsetErrorVerbosity(s.get(), PQERRORS_VERBOSE); // only so libpq tells the code with which a server refuses
    PQsetNoticeProcessor(
        s.get(), [](void*, char const*) {}, nullptr); // else what the server remarks goes to stderr
    return s;
}

bool is_ready(PGconn const* c, PostgresPollingStatusType wanted, milliseconds at_most) {
    auto const events = static_cast<short>(wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT);
    pollfd socket{.fd = PQsocket(c), .events = events, .revents = 0};
    return ::poll(&socket, 1, static_cast<int>(at_most.count())) > 0;
}

database_error no_answer(std::string const& purpose, milliseconds within) {
    return {purpose + ": no answer from the server within " +
                std::to_string(std::chrono::ceil<std::chrono::seconds>(within).count()) + " s",
            "", true};
}

// Until the server lets us in.
void complete(session& s, std::string const& purpose, milliseconds within, std::stop_token const& stop) {
    auto const deadline = clock::now() + within;
    if (!s || PQstatus(s.get()) == CONNECTION_BAD)
        throw not_opened(purpose, s.get());
    for (auto state = PGRES_POLLING_WRITING; state != PGRES_POLLING_OK;) {
        if (stop.stop_requested())
            throw cancelled{};
        auto const left = std::chrono::ceil<milliseconds>(deadline - clock::now());
        if (left.count() <= 0)
            throw no_answer(purpose, within);
        if (is_ready(s.get(), state, std::min(left, stop_is_noticed_within)))
            state = PQconnectPoll(s.get());
        if (state == PGRES_POLLING_FAILED)
            throw not_opened(purpose, s.get());
    }
    PQsetErrorVerbosity(s.get(), PQERRORS_DEFAULT);
}

// A server that answered with a refusal other than "not now" would refuse elsewhere too: libpq stops there as well.
bool another_may_do(database_error const& e) {
    return e.sqlstate().empty() || e.sqlstate().starts_with("57P");
}

/// Some hosts, one after the other. libpq alone would wait for the first that does not answer until all time is over.
class attempts {
public:
    attempts(conninfo_values resolved, std::string purpose, std::stop_token const& stop)
        : m_resolved{std::move(resolved)}, m_purpose{std::move(purpose)}, m_stop{stop} {}

    session run(milliseconds in_all, milliseconds at_most_for_each) {
        auto const all = attempts_at(m_resolved);
        auto const deadline = clock::now() + in_all;
        for (std::size_t i = 0; i < all.size(); ++i) {
            auto const left = std::chrono::ceil<milliseconds>(deadline - clock::now());
            auto const share = std::max(left, milliseconds{0}) / static_cast<int>(all.size() - i);
            if (auto s = attempt(all[i], std::min(share, at_most_for_each)))
                return s;
        }
        throw database_error{m_purpose + m_failures, "", true};
    }

private:
    session attempt(conninfo_values const& values, milliseconds within) {
        auto const h = hosts_of(values).front();
        try {
            auto s = begin(values, false);
            complete(s, m_purpose + ": " + h.text(), within, m_stop);
            return s;
        } catch (database_error const& e) {
            if (!another_may_do(e))
                throw;
            m_failures += (m_failures.empty() ? ": " : "; ") + std::string{e.what()}.substr(m_purpose.size() + 2);
        }
        return nullptr;
    }

    conninfo_values m_resolved;
    std::string m_purpose;
    std::stop_token const& m_stop;
    std::string m_failures; ///< of the hosts that were tried
};

} // namespace

session connect(session_request const& request, std::stop_token const& stop) {
    auto const purpose = "connect (" + request.purpose + ")";
    auto s = begin(asked_for(request, ask(request.password, purpose)), true);
    if (!s || PQstatus(s.get()) == CONNECTION_BAD) // every host refused at once, or the conninfo makes no sense
        throw not_opened(purpose, s.get());
    auto const resolved = resolved_values(s.get()); // which only a session that was begun tells
    auto const each = std::min(connect_timeout_of(resolved).value_or(request.connect_timeout), request.connect_timeout);
    if (hosts_of(resolved).size() > 1) {
        s.reset();
        return attempts{resolved, purpose, stop}.run(request.connect_timeout, each);
    }
    complete(s, purpose, each, stop);
    return s;
}

} // namespace notes_export::pg
