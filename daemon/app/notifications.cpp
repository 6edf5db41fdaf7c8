#include "app/notifications.hpp"

#include "log/logging.hpp"
#include "schedule/full_request.hpp"
#include "settings/export_settings.hpp"
#include "settings/password_file.hpp"

namespace exportd {

namespace {

using logging::level;

std::string_view explain(listener::cause c) {
    switch (c) {
    case listener::cause::standby:
        return "Not listening: the server is a standby; trying again until it is promoted";
    case listener::cause::pooler:
        return "Not listening: notifications do not get through. A connection pooler in transaction mode, such as "
               "PgBouncer, does that: let conninfo name the server itself. Polling goes on";
    case listener::cause::heartbeat:
        return "Not listening: the server does not answer on the listening session; reconnecting, polling goes on";
    case listener::cause::connection:
        break;
    }
    return "Not listening: no connection; trying again, polling goes on";
}

} // namespace

notifications::notifications(asio::io_context& io, database_settings const& s, cycle_loop& cycles, monitor& m,
                             std::function<void()> changed)
    : m_cycles{cycles},
      m_monitor{m},
      m_changed{std::move(changed)},
      m_channel{s.channel},
      m_listener{io, s.conninfo, password_of(s.password_file), application_name(), s.channel, handlers(), {}} {}

listener::handlers notifications::handlers() {
    return {.notified = [this](std::string_view payload) { on_notification(payload); },
            .live = [this] { on_live(); },
            .lost = [this](listener::failure const& f) { on_lost(f); },
            .verified = [this] { m_monitor.verified(); }};
}

void notifications::on_notification(std::string_view payload) {
    logging::log(level::debug, "notified", "Notification received", {{"payload", payload.substr(0, 200)}});
    m_missed.notified();
    m_monitor.notified(m_cycles.is_notified());
    m_cycles.notified(asks_for_full(payload));
}

void notifications::on_live() {
    logging::log(level::info, "listening", "Listening for notifications",
                 {{"channel", m_channel}, {"backend_pid", m_listener.backend_pid()}});
    m_deaf.reset();
    m_monitor.listening();
    m_changed();
    m_cycles.listening();
}

void notifications::on_lost(listener::failure const& f) {
    logging::log(
        m_deaf == f.why ? level::debug : level::error, "listener_lost", explain(f.why),
        {{"cause", to_string(f.why)}, {"error", f.error}, {"sqlstate", f.sqlstate}, {"retry_ms", f.next.count()}});
    m_monitor.lost(f);
    m_changed();
    m_deaf = f.why;
    m_cycles.deaf();
}

void notifications::make_room() {
    m_listener.make_room("its session is given back, as server or role has no room for another one and the export "
                         "needs it");
}

void notifications::resume() {
    if (m_listener.is_stopped())
        m_listener.start();
}

void notifications::missed(std::size_t exported) {
    m_monitor.missed_notification();
    switch (m_missed.found(missed_notifications::clock::now())) {
    case missed_notifications::verdict::first:
        logging::log(level::info, "notification_missed",
                     "Rows were exported that no notification had announced; polling found them",
                     {{"exported", exported}, {"missed", m_missed.count()}});
        break;
    case missed_notifications::verdict::silent:
        logging::log(level::warning, "notification_missed",
                     "For half an hour rows were found by polling alone: does the ETL NOTIFY this channel?",
                     {{"channel", m_channel}, {"missed", m_missed.count()}});
        break;
    case missed_notifications::verdict::known:
        break;
    }
}

} // namespace exportd
