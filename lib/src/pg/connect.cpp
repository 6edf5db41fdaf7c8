#include "pg/connect.hpp"

#include "pg/error.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <libpq-fe.h>
#include <poll.h>

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
session begin(session_request const& request, std::string const& password) {
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
    auto const application = request.application + ": " + request.purpose;
    // A standby can neither mark nor be trusted to be up to date.
    std::array<char const*, 10> const values{
        "30",   "10",   "3", "30000", "primary", request.conninfo.c_str(), password.c_str(), application.c_str(),
        "UTF8", nullptr};
    session s{PQconnectStartParams(keys.data(), values.data(), 1)};
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

} // namespace

session connect(session_request const& request, std::stop_token const& stop) {
    auto const purpose = "connect (" + request.purpose + ")";
    auto s = begin(request, ask(request.password, purpose));
    auto const deadline = clock::now() + request.connect_timeout;
    if (!s || PQstatus(s.get()) == CONNECTION_BAD)
        throw not_opened(purpose, s.get());
    for (auto state = PGRES_POLLING_WRITING; state != PGRES_POLLING_OK;) {
        if (stop.stop_requested())
            throw cancelled{};
        auto const left = std::chrono::ceil<milliseconds>(deadline - clock::now());
        if (left.count() <= 0)
            throw no_answer(purpose, request.connect_timeout);
        if (is_ready(s.get(), state, std::min(left, stop_is_noticed_within)))
            state = PQconnectPoll(s.get());
        if (state == PGRES_POLLING_FAILED)
            throw not_opened(purpose, s.get());
    }
    PQsetErrorVerbosity(s.get(), PQERRORS_DEFAULT);
    return s;
}

} // namespace notes_export::pg
