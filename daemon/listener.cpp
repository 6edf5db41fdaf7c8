#include "listener.hpp"

#include <array>

namespace exportd {

namespace {

// Our own deadline for connecting and subscribing: PQconnectPoll takes no notice of connect_timeout.
constexpr std::chrono::seconds attempt_deadline{10};

std::string quote_identifier(PGconn* c, std::string const& name) {
    std::unique_ptr<char, void (*)(void*)> const quoted{PQescapeIdentifier(c, name.c_str(), name.size()), PQfreemem};
    return quoted ? std::string{quoted.get()} : std::string{};
}

std::string one_line(char const* text) {
    std::string line{text == nullptr ? "" : text};
    while (!line.empty() && (line.back() == '\n' || line.back() == ' '))
        line.pop_back();
    for (char& c : line)
        c = c == '\n' || c == '\t' ? ' ' : c;
    return line;
}

} // namespace

listener::listener(asio::io_context& io, std::string conninfo, std::string application_name, std::string channel,
                   handlers h)
    : m_io{io},
      m_conninfo{std::move(conninfo)},
      m_application_name{std::move(application_name)},
      m_channel{std::move(channel)},
      m_handlers{std::move(h)},
      m_socket{io},
      m_timer{io} {}

listener::~listener() {
    close();
}

void listener::start() {
    connect();
}

void listener::stop() {
    close();
    m_state = state::stopped;
}

void listener::close() {
    ++m_attempt;
    m_timer.cancel();
    if (m_socket.is_open())
        m_socket.release(); // before PQfinish closes it under our feet
    m_connection.reset();
    m_error.clear();
    m_sqlstate.clear();
}

void listener::set_deadline() {
    m_timer.expires_after(attempt_deadline);
    m_timer.async_wait([this, attempt = m_attempt](error_code const& e) {
        if (e || attempt != m_attempt || m_state == state::live)
            return;
        m_error = "no answer from the server within 10 s";
        failed();
    });
}

// Defaults stand before the operator's conninfo, what is forced after it: libpq takes the last value.
void listener::connect() {
    close();
    m_state = state::connecting;
    std::array<char const*, 8> const keys{
        "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
        "dbname",          "application_name",    "client_encoding",  nullptr};
    std::array<char const*, 8> const values{
        "30", "10", "3", "30000", m_conninfo.c_str(), m_application_name.c_str(), "UTF8", nullptr};
    m_connection.reset(PQconnectStartParams(keys.data(), values.data(), 1));
    if (!m_connection || PQstatus(m_connection.get()) == CONNECTION_BAD)
        return failed();
    set_deadline();
    watch(asio::posix::stream_descriptor::wait_write, &listener::poll_connect); // as if PGRES_POLLING_WRITING
}

void listener::watch(asio::posix::stream_descriptor::wait_type what, void (listener::*next)()) {
    if (!m_socket.is_open())
        m_socket.assign(PQsocket(m_connection.get()));
    m_socket.async_wait(what, [this, next, attempt = m_attempt](error_code const& e) {
        if (!e && attempt == m_attempt)
            (this->*next)();
    });
}

void listener::poll_connect() {
    m_socket.release(); // PQconnectPoll may close this socket and open another one
    switch (PQconnectPoll(m_connection.get())) {
    case PGRES_POLLING_READING:
        return watch(asio::posix::stream_descriptor::wait_read, &listener::poll_connect);
    case PGRES_POLLING_WRITING:
        return watch(asio::posix::stream_descriptor::wait_write, &listener::poll_connect);
    case PGRES_POLLING_OK:
        return subscribe();
    default:
        return failed();
    }
}

void listener::subscribe() {
    m_state = state::subscribing;
    auto* const c = m_connection.get();
    PQsetNoticeProcessor(
        c, [](void*, char const*) {}, nullptr);
    auto const sql = "SET search_path = pg_catalog; LISTEN " + quote_identifier(c, m_channel);
    if (PQsetnonblocking(c, 1) != 0 || PQsendQuery(c, sql.c_str()) == 0)
        return failed();
    flush();
}

void listener::flush() {
    switch (PQflush(m_connection.get())) {
    case 0:
        return watch(asio::posix::stream_descriptor::wait_read, &listener::read_subscription);
    case 1:
        return watch(asio::posix::stream_descriptor::wait_write, &listener::flush);
    default:
        return failed();
    }
}

void listener::read_subscription() {
    if (PQconsumeInput(m_connection.get()) == 0)
        return failed();
    if (!drain_results())
        return watch(asio::posix::stream_descriptor::wait_read, &listener::read_subscription);
    if (!m_error.empty())
        return failed();
    m_timer.cancel();
    m_backoff.reset();
    m_state = state::live;
    m_handlers.live();
    if (m_state == state::live)
        read_notifications();
}

/// true when the answer is complete; errors in it are kept in m_error.
bool listener::drain_results() {
    auto* const c = m_connection.get();
    while (PQisBusy(c) == 0) {
        std::unique_ptr<PGresult, void (*)(PGresult*)> const r{PQgetResult(c), PQclear};
        if (!r)
            return true;
        if (PQresultStatus(r.get()) == PGRES_COMMAND_OK)
            continue;
        char const* const sqlstate = PQresultErrorField(r.get(), PG_DIAG_SQLSTATE);
        m_error = one_line(PQresultErrorMessage(r.get()));
        m_sqlstate = sqlstate == nullptr ? "" : sqlstate;
    }
    return false;
}

void listener::read_notifications() {
    if (PQconsumeInput(m_connection.get()) == 0)
        return failed();
    while (auto* const n = PQnotifies(m_connection.get())) {
        std::unique_ptr<PGnotify, void (*)(void*)> const owned{n, PQfreemem};
        m_handlers.notified(n->extra);
        if (m_state != state::live)
            return;
    }
    watch(asio::posix::stream_descriptor::wait_read, &listener::read_notifications);
}

void listener::failed() {
    auto error =
        !m_error.empty() ? m_error : one_line(m_connection ? PQerrorMessage(m_connection.get()) : "out of memory");
    auto const sqlstate = m_sqlstate;
    close();
    m_state = state::waiting;
    auto const delay = m_backoff.next();
    m_timer.expires_after(delay);
    m_timer.async_wait([this, attempt = m_attempt](error_code const& e) {
        if (!e && attempt == m_attempt)
            connect();
    });
    m_handlers.lost(error.empty() ? "connection lost" : error, sqlstate, delay);
}

} // namespace exportd
