#include "listen/subscription.hpp"

#include <algorithm>
#include <libpq-fe.h>
#include <utility>

namespace exportd {

namespace {

using stream = asio::posix::stream_descriptor;

std::string one_line(std::string line) {
    while (line.ends_with('\n') || line.ends_with(' '))
        line.pop_back();
    std::ranges::replace_if(
        line, [](char c) { return c == '\n' || c == '\t'; }, ' ');
    return line;
}

std::vector<char const*> pointers(std::vector<std::string> const& values) {
    std::vector<char const*> texts(values.size());
    std::ranges::transform(values, texts.begin(), [](std::string const& v) { return v.c_str(); });
    return texts;
}

deafness no_connection(notes_export::database_error const& e) {
    return {deafness::cause::connection, e.what(), e.sqlstate()};
}

} // namespace

void subscription::clear_result::operator()(pg_result* r) const noexcept {
    PQclear(r);
}

subscription::subscription(asio::io_context& io, std::string channel, handlers h)
    : m_channel{std::move(channel)}, m_handlers{std::move(h)}, m_socket{io} {}

// The server drops our ghost when this host vanishes: a listener that does not read holds back the queue of all others.
// Asking for the queue's usage moves its tail: LISTEN can fail on entries that are older than the oldest transaction.
std::string subscription::statements() const {
    return "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3;"
           "SET tcp_user_timeout = 30000; SELECT pg_catalog.pg_notification_queue_usage(); LISTEN " +
           notes_export::quote_identifier(m_channel) + "; LISTEN " + notes_export::quote_identifier(probe_channel);
}

int subscription::backend_pid() const noexcept {
    return m_connection ? PQbackendPID(m_connection.get()) : 0;
}

void subscription::take(notes_export::session listening) {
    m_connection = std::move(listening);
    m_open = std::make_shared<char>();
    m_farewell.clear();
    PQsetNoticeProcessor(
        m_connection.get(),
        [](void* farewell, char const* text) { *static_cast<std::string*>(farewell) = one_line(text); }, &m_farewell);
    m_socket.assign(PQsocket(m_connection.get()));
    wait_readable();
}

void subscription::close() {
    m_open.reset();
    m_question.reset();
    if (m_socket.is_open())
        m_socket.release(); // before PQfinish closes it under our feet
    notes_export::abandon(m_connection);
}

void subscription::wait(stream::wait_type what, void (subscription::*then)()) {
    m_socket.async_wait(what, [this, then, open = std::weak_ptr{m_open}](error_code const& e) {
        if (!e && !open.expired())
            (this->*then)();
    });
}

void subscription::wait_readable() {
    wait(stream::wait_read, &subscription::read);
}

void subscription::read() {
    if (PQconsumeInput(m_connection.get()) == 0)
        return lost();
    hand_on_notifications();
    read_answer();
    hand_on_notifications(); // that came behind the answer
    if (m_connection)
        wait_readable();
}

void subscription::hand_on_notifications() {
    while (auto* const n = m_connection ? PQnotifies(m_connection.get()) : nullptr) {
        std::unique_ptr<PGnotify, void (*)(void*)> const owned{n, PQfreemem};
        hand_on(*n);
    }
}

void subscription::hand_on(pgNotify const& n) {
    if (n.relname == m_channel)
        m_handlers.notified(n.extra);
    else
        m_handlers.probed(n.extra);
}

void subscription::ask(std::string purpose, std::string const& sql, std::vector<std::string> const& values,
                       answer_handler answered) {
    auto const texts = pointers(values);
    if (PQsendQueryParams(m_connection.get(), sql.c_str(), static_cast<int>(texts.size()), nullptr, texts.data(),
                          nullptr, nullptr, 0) == 0)
        return lost();
    m_question = question{std::move(purpose), std::move(answered)};
    flush();
}

void subscription::flush() {
    switch (PQflush(m_connection.get())) {
    case 0:
        return;
    case 1:
        return wait(stream::wait_write, &subscription::flush);
    default:
        return lost();
    }
}

void subscription::read_answer() {
    while (m_question && PQisBusy(m_connection.get()) == 0) {
        std::unique_ptr<pg_result, clear_result> r{PQgetResult(m_connection.get())};
        if (!r) {
            auto const asked = *std::exchange(m_question, std::nullopt);
            asked.answered(asked.rows.get());
        } else if (PQresultStatus(r.get()) == PGRES_TUPLES_OK) {
            m_question->rows = std::move(r);
        } else {
            m_handlers.lost(
                no_connection(notes_export::session_error(m_question->purpose, m_connection.get(), r.get())));
        }
    }
}

void subscription::lost() {
    if (m_farewell.empty())
        m_handlers.lost(no_connection(notes_export::session_error("listen", m_connection.get(), nullptr)));
    else
        m_handlers.lost({deafness::cause::connection, m_farewell});
}

} // namespace exportd
