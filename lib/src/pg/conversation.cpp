#include "pg/conversation.hpp"

#include "pg/error.hpp"

#include <exception>
#include <poll.h>
#include <string>

namespace notes_export::pg {

namespace {

using clock = std::chrono::steady_clock;

constexpr int wait_step = 100; // milliseconds
constexpr std::chrono::seconds answer_grace{10};

} // namespace

void conversation::set_stop(std::stop_token stop, std::chrono::milliseconds grace) {
    m_stop = std::move(stop);
    m_grace = grace;
    m_stop_noticed.reset();
}

clock::time_point conversation::deadline() const noexcept {
    return clock::now() + m_longest_statement + answer_grace;
}

void conversation::require_sent(std::string_view purpose, bool sent) const {
    if (!m_session)
        throw database_error{std::string{purpose} + ": the session was closed", "", true};
    if (!sent)
        throw make_error(purpose, m_session.get(), nullptr);
}

result conversation::answer(std::string_view purpose, bool sent) {
    require_sent(purpose, sent);
    auto last = last_result(purpose);
    auto const status = PQresultStatus(last.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        throw make_error(purpose, m_session.get(), last.get());
    return last;
}

void conversation::answer_by_row(std::string_view purpose, bool sent, std::function<void(result const&)> const& row) {
    require_sent(purpose, sent);
    auto const until = deadline();
    std::exception_ptr failure;
    while (auto* const next = next_result(purpose, until)) {
        result const one{next};
        auto const status = PQresultStatus(next);
        if (status != PGRES_SINGLE_TUPLE && status != PGRES_TUPLES_OK && !failure)
            failure = std::make_exception_ptr(make_error(purpose, m_session.get(), next));
        if (status != PGRES_SINGLE_TUPLE || failure)
            continue;
        try {
            row(one);
        } catch (...) { // the session is of use only when all of the answer was read
            failure = std::current_exception();
        }
    }
    if (failure)
        std::rethrow_exception(failure);
}

// Of several statements the last result counts; an error ends them, so that it is the last.
result conversation::last_result(std::string_view purpose) {
    result last{nullptr};
    auto const until = deadline();
    while (auto* const next = next_result(purpose, until))
        last = result{next};
    return last;
}

// nullptr when there is no more.
PGresult* conversation::next_result(std::string_view purpose, clock::time_point until) {
    while (PQisBusy(m_session.get()) != 0) {
        if (clock::now() > until)
            give_up(purpose);
        auto const unsent = PQflush(m_session.get());
        wait(unsent == 1 ? POLLIN | POLLOUT : POLLIN);
        if (PQconsumeInput(m_session.get()) == 0)
            throw make_error(purpose, m_session.get(), nullptr);
    }
    return PQgetResult(m_session.get());
}

void conversation::give_up(std::string_view purpose) {
    abandon(m_session);
    throw database_error{std::string{purpose} + ": no answer from the server, not even that it took too long", "",
                         true};
}

// Waits on the session's socket, a little at a time, so that a stop is noticed.
void conversation::wait(short events) {
    pollfd socket{.fd = PQsocket(m_session.get()), .events = events, .revents = 0};
    ::poll(&socket, 1, wait_step);
    heed_stop();
}

// A session that is left in the middle of an answer is of no further use.
void conversation::heed_stop() {
    if (!m_stop.stop_requested())
        return;
    auto const now = clock::now();
    if (!m_stop_noticed)
        m_stop_noticed = now;
    if (now < *m_stop_noticed + m_grace)
        return;
    abandon(m_session);
    if (m_grace.count() == 0)
        throw cancelled{};
    throw cancelled{"stopped while waiting for the database; what is published is marked by the next cycle"};
}

} // namespace notes_export::pg
