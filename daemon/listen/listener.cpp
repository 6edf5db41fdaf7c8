#include "listen/listener.hpp"

#include <notes_export/session.hpp>

#include <array>
#include <random>
#include <sys/socket.h>
#include <utility>

namespace exportd {

namespace {

// Shared by all listeners of a database: a proof of another one has another payload.
constexpr std::string_view proof_channel = "osm_notes_exportd_probe";

std::string quote_identifier(std::string_view name) {
    std::string text = "\"";
    for (char const c : name)
        text.append(c == '"' ? 2 : 1, c);
    return text + '"';
}

std::string random_text() {
    std::random_device random;
    return std::to_string(random()) + '-' + std::to_string(random());
}

std::string notify_proof(std::string const& nonce) {
    return "SELECT pg_catalog.pg_notify('" + std::string{proof_channel} + "', '" + nonce + "')";
}

std::string seconds(std::chrono::milliseconds t) {
    return std::to_string(std::chrono::ceil<std::chrono::seconds>(t).count()) + " s";
}

// libpq refuses a standby in words only; they are not translated, as this program sets no locale.
bool names_standby(opened_session const& s) {
    return s.sqlstate == "25006" || s.error.find("server is in hot standby mode") != std::string::npos;
}

} // namespace

std::string_view to_string(listener::cause c) noexcept {
    constexpr std::array<std::string_view, 4> names{"connection", "standby", "pooler", "heartbeat"};
    return names[static_cast<std::size_t>(c)];
}

listener::listener(asio::io_context& io, std::string const& conninfo, notes_export::password_source const& password,
                   std::string application_name, std::string channel, handlers h, timing t)
    : m_application_name{std::move(application_name)},
      m_channel{std::move(channel)},
      m_handlers{std::move(h)},
      m_timing{t},
      m_opener{io, conninfo, password},
      m_prover{io, conninfo, password},
      m_socket{io},
      m_timer{io} {}

listener::~listener() {
    close();
}

void listener::start() {
    open();
}

void listener::stop() {
    close();
    m_state = state::stopped;
}

void listener::make_room(std::string error) {
    if (m_state == state::stopped || m_state == state::waiting)
        return;
    stop();
    m_handlers.lost({cause::connection, std::move(error), std::string{notes_export::too_many_sessions}, {}});
}

void listener::close() {
    ++m_attempt;
    m_timer.cancel();
    m_opener.cancel();
    m_prover.cancel();
    m_asked = question::none;
    if (m_socket.is_open())
        m_socket.release(); // before PQfinish closes it under our feet
    if (m_connection)
        ::shutdown(PQsocket(m_connection.get()), SHUT_RDWR); // PQfinish must not wait for a peer that does not read
    m_connection.reset();
}

void listener::set_deadline(std::chrono::milliseconds after, cause why, std::string error) {
    m_timer.expires_after(after);
    m_timer.async_wait([this, why, error = std::move(error), attempt = m_attempt](error_code const& e) {
        if (!e && attempt == m_attempt)
            failed(why, error);
    });
}

// The server drops our ghost when this host vanishes: a listener that does not read holds back the queue of all others.
// Asking for the queue's usage moves its tail: LISTEN can fail on entries that are older than the oldest transaction.
std::string listener::subscription() const {
    return "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3;"
           "SET tcp_user_timeout = 30000; SELECT pg_catalog.pg_notification_queue_usage(); LISTEN " +
           quote_identifier(m_channel) + "; LISTEN " + quote_identifier(proof_channel);
}

void listener::open() {
    close();
    m_state = state::opening;
    set_deadline(m_timing.connect, cause::connection, "no answer from the server within " + seconds(m_timing.connect));
    m_opener.open(m_application_name + ": listener", subscription(),
                  [this](opened_session opened) { prove(std::move(opened)); });
}

void listener::prove(opened_session opened) {
    if (!opened.connection)
        return failed(names_standby(opened) ? cause::standby : cause::connection, opened.error, opened.sqlstate);
    m_connection = std::move(opened.connection);
    m_direct = opened.direct;
    m_farewell.clear();
    PQsetNoticeProcessor(
        m_connection.get(),
        [](void* farewell, char const* text) { *static_cast<std::string*>(farewell) = one_line(text); }, &m_farewell);
    m_socket.assign(PQsocket(m_connection.get()));
    m_state = state::proving;
    m_nonce = random_text();
    set_deadline(m_timing.proof, cause::pooler,
                 "a notification to itself did not arrive within " + seconds(m_timing.proof));
    m_prover.open(m_application_name + ": probe", notify_proof(m_nonce),
                  [this](opened_session const& sent) { proof_sent(sent); });
    wait_readable();
}

void listener::proof_sent(opened_session const& sent) {
    if (sent.connection)
        return;
    if (sent.sqlstate == notes_export::too_many_sessions && m_direct)
        return prove_alone();
    failed(cause::connection, sent.error, sent.sqlstate);
}

// What another session would show beyond this, a pooler in between, is known not to be.
void listener::prove_alone() {
    if (PQsendQuery(m_connection.get(), notify_proof(m_nonce).c_str()) == 0)
        return lost_connection();
    m_asked = question::proof;
    flush();
}

void listener::wait_readable() {
    m_socket.async_wait(asio::posix::stream_descriptor::wait_read, [this, attempt = m_attempt](error_code const& e) {
        if (!e && attempt == m_attempt)
            read();
    });
}

void listener::read() {
    auto const attempt = m_attempt;
    auto* const c = m_connection.get();
    if (PQconsumeInput(c) == 0)
        return lost_connection();
    take_notifications();
    if (attempt == m_attempt)
        read_answer();
    if (attempt == m_attempt)
        take_notifications(); // that came behind the answer
    if (attempt == m_attempt)
        wait_readable();
}

void listener::take_notifications() {
    auto const attempt = m_attempt;
    while (auto* const n = attempt == m_attempt ? PQnotifies(m_connection.get()) : nullptr) {
        std::unique_ptr<PGnotify, void (*)(void*)> const owned{n, PQfreemem};
        take(*n);
    }
}

void listener::take(PGnotify const& n) {
    if (n.relname == m_channel)
        m_handlers.notified(n.extra);
    else if (m_state == state::proving && n.extra == m_nonce)
        go_live();
}

void listener::go_live() {
    m_state = state::live;
    m_backoff.reset();
    beat_later();
    if (m_handlers.verified)
        m_handlers.verified();
    m_handlers.live();
}

void listener::beat_later() {
    m_timer.expires_after(m_timing.heartbeat);
    m_timer.async_wait([this, attempt = m_attempt](error_code const& e) {
        if (!e && attempt == m_attempt)
            send_heartbeat();
    });
}

void listener::send_heartbeat() {
    auto* const c = m_connection.get();
    std::array<char const*, 1> const values{m_channel.c_str()};
    bool const sent = PQsendQueryParams(c,
                                        "SELECT pg_catalog.pg_is_in_recovery(), $1 IN"
                                        " (SELECT pg_catalog.pg_listening_channels())",
                                        1, nullptr, values.data(), nullptr, nullptr, 0) == 1;
    if (!sent)
        return lost_connection();
    m_asked = question::heartbeat;
    set_deadline(m_timing.answer, cause::heartbeat, "no answer on the session within " + seconds(m_timing.answer));
    flush();
}

void listener::flush() {
    switch (PQflush(m_connection.get())) {
    case 0:
        return;
    case 1:
        m_socket.async_wait(asio::posix::stream_descriptor::wait_write,
                            [this, attempt = m_attempt](error_code const& e) {
                                if (!e && attempt == m_attempt)
                                    flush();
                            });
        return;
    default:
        return lost_connection();
    }
}

void listener::read_answer() {
    auto const attempt = m_attempt;
    while (m_asked != question::none && PQisBusy(m_connection.get()) == 0) {
        std::unique_ptr<PGresult, void (*)(PGresult*)> const r{PQgetResult(m_connection.get()), PQclear};
        if (r)
            judge_answer(r.get());
        else if (std::exchange(m_asked, question::none) == question::heartbeat)
            beat_later();
        if (attempt != m_attempt)
            return;
    }
}

void listener::judge_answer(PGresult const* r) {
    if (PQresultStatus(r) != PGRES_TUPLES_OK) {
        char const* const sqlstate = PQresultErrorField(r, PG_DIAG_SQLSTATE);
        failed(cause::connection, one_line(PQresultErrorMessage(r)), sqlstate == nullptr ? "" : sqlstate);
    } else if (m_asked == question::heartbeat) {
        judge_heartbeat(r);
    }
}

void listener::judge_heartbeat(PGresult const* r) {
    if (std::string_view{PQgetvalue(r, 0, 0)} == "t") {
        failed(cause::standby, "the server became a standby");
    } else if (std::string_view{PQgetvalue(r, 0, 1)} != "t") {
        failed(cause::heartbeat, "the session does not listen any more");
    } else if (m_handlers.verified) {
        m_handlers.verified();
    }
}

void listener::lost_connection() {
    auto error = m_farewell.empty() ? one_line(PQerrorMessage(m_connection.get())) : m_farewell;
    failed(cause::connection, error.empty() ? "connection lost" : std::move(error));
}

void listener::failed(cause why, std::string error, std::string sqlstate) {
    close();
    m_state = state::waiting;
    auto const delay = m_backoff.next();
    m_timer.expires_after(delay);
    m_timer.async_wait([this, attempt = m_attempt](error_code const& e) {
        if (!e && attempt == m_attempt)
            open();
    });
    m_handlers.lost({why, std::move(error), std::move(sqlstate), delay});
}

} // namespace exportd
