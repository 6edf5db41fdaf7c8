#include "notes_export/session.hpp"

#include <algorithm>
#include <array>
#include <libpq-fe.h>
#include <poll.h>

namespace notes_export {

namespace {

constexpr int first_with_transaction_timeout = 170000;
constexpr std::size_t sqlstate_length = 5;

bool is_sqlstate(std::string_view text) {
    return text.size() == sqlstate_length &&
           std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

// "FATAL:  53300: too many ..." loses its code, whatever language the severity is in. libpq keeps no other trace of it.
void take_sqlstate(session_failure& failure) {
    constexpr std::string_view before = ":  ";
    constexpr std::string_view after = ": ";
    for (auto at = failure.message.find(before); at != std::string::npos; at = failure.message.find(before, at + 1)) {
        auto const code = at + before.size();
        if (code + sqlstate_length + after.size() > failure.message.size() ||
            failure.message.compare(code + sqlstate_length, after.size(), after) != 0 ||
            !is_sqlstate(std::string_view{failure.message}.substr(code, sqlstate_length)))
            continue;
        failure.sqlstate = failure.message.substr(code, sqlstate_length);
        failure.message.erase(code, sqlstate_length + after.size());
    }
}

} // namespace

// What is defaulted stands before the caller's conninfo, what is forced after it: libpq takes the last value.
// An empty one counts as not given.
pg_conn* start_session(std::string const& conninfo, std::string const& password, std::string const& application_name) {
    std::array<char const*, 10> const keys{"keepalives_idle",
                                           "keepalives_interval",
                                           "keepalives_count",
                                           "tcp_user_timeout",
                                           "target_session_attrs",
                                           "dbname",
                                           "password",
                                           "application_name",
                                           "client_encoding",
                                           nullptr};
    // A standby can neither mark nor be trusted to be up to date.
    std::array<char const*, 10> const values{
        "30",   "10",   "3", "30000", "primary", conninfo.c_str(), password.c_str(), application_name.c_str(),
        "UTF8", nullptr};
    auto* const session = PQconnectStartParams(keys.data(), values.data(), 1);
    if (session == nullptr)
        return nullptr;
    PQsetErrorVerbosity(session, PQERRORS_VERBOSE); // only so libpq tells the code with which a server refuses
    PQsetNoticeProcessor(
        session, [](void*, char const*) {}, nullptr); // else what the server remarks meanwhile goes to stderr
    return session;
}

session_progress continue_session(pg_conn* session, bool& reading, int milliseconds) {
    if (PQstatus(session) == CONNECTION_BAD)
        return session_progress::failed;
    pollfd socket{.fd = PQsocket(session), .events = static_cast<short>(reading ? POLLIN : POLLOUT), .revents = 0};
    if (::poll(&socket, 1, milliseconds) <= 0)
        return session_progress::under_way;
    auto const state = PQconnectPoll(session);
    reading = state == PGRES_POLLING_READING;
    if (state == PGRES_POLLING_FAILED)
        return session_progress::failed;
    if (state != PGRES_POLLING_OK)
        return session_progress::under_way;
    PQsetErrorVerbosity(session, PQERRORS_DEFAULT);
    return session_progress::open;
}

session_failure why_not_opened(pg_conn const* session) {
    session_failure failure;
    std::string_view rest{session == nullptr ? "out of memory" : PQerrorMessage(session)};
    while (!rest.empty()) {
        auto const end = std::min(rest.find('\n'), rest.size());
        auto const line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (!line.empty() && !line.starts_with("LOCATION:"))
            failure.message += (failure.message.empty() ? "" : "\n") + std::string{line};
    }
    take_sqlstate(failure);
    return failure;
}

std::string without_limits(std::string_view set, int server_version) {
    std::string sql;
    for (std::string_view const limit : {"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout",
                                         "idle_session_timeout", "transaction_timeout"})
        if (limit != "transaction_timeout" || server_version >= first_with_transaction_timeout)
            sql += std::string{set} + ' ' + std::string{limit} + " = 0;";
    return sql;
}

std::string own_session_settings(int server_version) {
    return without_limits("SET", server_version) +
           "SET search_path = pg_catalog; SET default_transaction_isolation = 'read committed';"
           "SET default_transaction_read_only = off; SET default_transaction_deferrable = off;"
           // An error that is expected must not end the session.
           "SET exit_on_error = off;";
}

} // namespace notes_export
