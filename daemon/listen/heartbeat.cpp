#include "listen/heartbeat.hpp"

#include <libpq-fe.h>
#include <string_view>
#include <utility>

namespace exportd {

heartbeat::heartbeat(asio::io_context& io, subscription& listening, timing t, handlers h)
    : m_listening{listening}, m_timing{t}, m_handlers{std::move(h)}, m_alarm{io} {}

void heartbeat::start() {
    m_alarm.set(m_timing.between, [this] { ask(); });
}

void heartbeat::ask() {
    m_alarm.set(m_timing.answer, [this] {
        m_handlers.missed(too_late(deafness::cause::heartbeat, "no answer on the session", m_timing.answer));
    });
    m_listening.ask("heartbeat",
                    "SELECT pg_catalog.pg_is_in_recovery(), $1 IN (SELECT pg_catalog.pg_listening_channels())",
                    {m_listening.channel()}, [this](pg_result const* answer) { judge(answer); });
}

void heartbeat::judge(pg_result const* answer) {
    if (std::string_view{PQgetvalue(answer, 0, 0)} == "t")
        return m_handlers.missed({deafness::cause::standby, "the server became a standby"});
    if (std::string_view{PQgetvalue(answer, 0, 1)} != "t")
        return m_handlers.missed({deafness::cause::heartbeat, "the session does not listen any more"});
    start();
    m_handlers.felt();
}

} // namespace exportd
