#include "listen/session_opener.hpp"

#include <notes_export/session.hpp>

#include <exception>
#include <mutex>
#include <optional>
#include <poll.h>
#include <stop_token>
#include <system_error>
#include <thread>

namespace exportd {

namespace {

constexpr int wait_step = 100; // milliseconds until a cancellation is noticed

opened_session failure(session const& c) {
    return {nullptr, one_line(c ? PQerrorMessage(c.get()) : "out of memory"), ""};
}

opened_session not_opened(session const& c) {
    auto const why = notes_export::why_not_opened(c.get());
    return {nullptr, one_line(why.message.c_str()), why.sqlstate};
}

bool wait(session const& c, short events, std::stop_token const& stop) {
    pollfd socket{.fd = PQsocket(c.get()), .events = events, .revents = 0};
    ::poll(&socket, 1, wait_step);
    return !stop.stop_requested();
}

bool connected(session const& c, std::stop_token const& stop) {
    using notes_export::session_progress;
    auto state = session_progress::under_way;
    for (bool reading = false; state == session_progress::under_way && !stop.stop_requested();)
        state = notes_export::continue_session(c.get(), reading, wait_step);
    return state == session_progress::open;
}

using result = std::unique_ptr<PGresult, void (*)(PGresult*)>;

/// The last result with rows, if any.
struct answer {
    std::optional<opened_session> failed;
    result rows{nullptr, PQclear};
};

// The first error of the statements is also the last: it ends them.
answer ask(session const& c, std::string const& sql, std::stop_token const& stop) {
    answer a;
    if (PQsendQuery(c.get(), sql.c_str()) == 0)
        return {failure(c)};
    for (;;) {
        while (PQisBusy(c.get()) != 0) {
            auto const unsent = PQflush(c.get());
            if (!wait(c, unsent == 1 ? POLLIN | POLLOUT : POLLIN, stop) || PQconsumeInput(c.get()) == 0)
                return {failure(c)};
        }
        result r{PQgetResult(c.get()), PQclear};
        if (!r)
            return a;
        auto const status = PQresultStatus(r.get());
        if (status == PGRES_TUPLES_OK) {
            a.rows = std::move(r);
        } else if (status != PGRES_COMMAND_OK) {
            char const* const sqlstate = PQresultErrorField(r.get(), PG_DIAG_SQLSTATE);
            return {
                opened_session{nullptr, one_line(PQresultErrorMessage(r.get())), sqlstate == nullptr ? "" : sqlstate}};
        }
    }
}

// Asked in a transaction that waits for nobody, whatever is the default of the role. A pooler tells a backend number of
// its own making.
opened_session run(session c, std::string const& sql, std::stop_token const& stop) {
    if (PQsetnonblocking(c.get(), 1) != 0)
        return failure(c);
    auto const version = PQserverVersion(c.get());
    auto own = ask(c,
                   "BEGIN ISOLATION LEVEL READ COMMITTED;" + notes_export::without_limits("SET LOCAL", version) +
                       "SELECT pg_catalog.pg_backend_pid(); COMMIT",
                   stop);
    if (own.failed)
        return std::move(*own.failed);
    bool const direct = own.rows && std::to_string(PQbackendPID(c.get())) == PQgetvalue(own.rows.get(), 0, 0);
    std::optional<opened_session> failed;
    if (direct) // by itself, as what is sent together is one transaction, of the kind that was the default before
        failed = ask(c, notes_export::own_session_settings(version), stop).failed;
    if (!failed)
        failed = ask(c, sql, stop).failed;
    if (failed)
        return std::move(*failed);
    return {std::move(c), "", "", direct};
}

opened_session open_session(std::string const& conninfo, notes_export::password_source const& password,
                            std::string const& application_name, std::string const& sql, std::stop_token const& stop) {
    session c;
    try {
        c.reset(notes_export::start_session(conninfo, password ? password() : "", application_name));
    } catch (std::exception const& e) {
        return {nullptr, one_line(e.what()), ""};
    }
    if (!c || !connected(c, stop))
        return not_opened(c);
    PQsetNoticeProcessor(
        c.get(), [](void*, char const*) {}, nullptr);
    return run(std::move(c), sql, stop);
}

} // namespace

std::string one_line(char const* text) {
    std::string line{text == nullptr ? "" : text};
    while (!line.empty() && (line.back() == '\n' || line.back() == ' '))
        line.pop_back();
    for (char& c : line)
        c = c == '\n' || c == '\t' ? ' ' : c;
    return line;
}

/// Shared by the opener and the thread; the io_context may be gone when the thread comes back.
struct session_opener::attempt {
    std::mutex mutex;
    std::stop_source stop;
    std::function<void(opened_session)> done; ///< empty: nobody waits
};

void session_opener::deliver(asio::io_context& io, std::shared_ptr<attempt> const& a, opened_session opened) {
    std::lock_guard const lock{a->mutex};
    if (!a->done)
        return;
    asio::post(io, [a, opened = std::move(opened)]() mutable {
        if (auto const wanted = std::exchange(a->done, {}))
            wanted(std::move(opened));
    });
}

void session_opener::open(std::string application_name, std::string sql, std::function<void(opened_session)> done) {
    cancel();
    m_attempt = std::make_shared<attempt>();
    m_attempt->done = std::move(done);
    auto work = [&io = m_io, a = m_attempt, conninfo = m_conninfo, password = m_password,
                 name = std::move(application_name), sql = std::move(sql)] {
        deliver(io, a, open_session(conninfo, password, name, sql, a->stop.get_token()));
    };
    try {
        std::thread{std::move(work)}.detach();
    } catch (std::system_error const& e) { // no more threads: as good as no connection
        deliver(m_io, m_attempt, {nullptr, one_line(e.what()), ""});
    }
}

void session_opener::cancel() {
    auto const a = std::exchange(m_attempt, nullptr); // lives until its mutex is unlocked
    if (!a)
        return;
    a->stop.request_stop();
    std::lock_guard const lock{a->mutex};
    a->done = {};
}

} // namespace exportd
