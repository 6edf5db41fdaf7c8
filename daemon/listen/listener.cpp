#include "listen/listener.hpp"

#include <utility>

namespace exportd {

namespace {

// libpq refuses a standby in words only; they are not translated, as this program sets no locale.
bool names_standby(opening_result const& s) {
    return s.sqlstate == "25006" || s.error.find("server is in hot standby mode") != std::string::npos;
}

} // namespace

listener::listener(asio::io_context& io, std::string const& conninfo, notes_export::password_source const& password,
                   std::string application_name, std::string channel, handlers h, timing t)
    : m_request{conninfo, std::move(application_name), "", password, t.connect},
      m_handlers{std::move(h)},
      m_opener{io},
      m_subscription{io,
                     std::move(channel),
                     {.notified = m_handlers.notified,
                      .probed = [this](std::string_view payload) { probed(payload); },
                      .lost = [this](deafness d) { failed(std::move(d)); }}},
      m_proof{io, m_subscription, t.proof, [this](deafness d) { failed(std::move(d)); }},
      m_heartbeat{io,
                  m_subscription,
                  {.between = t.heartbeat, .answer = t.answer},
                  {.felt = [this] { verified(); }, .missed = [this](deafness d) { failed(std::move(d)); }}},
      m_alarm{io} {}

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
    m_alarm.cancel();
    m_opener.cancel();
    m_proof.cancel();
    m_heartbeat.stop();
    m_subscription.close();
}

notes_export::session_request listener::request(std::string purpose) const {
    auto r = m_request;
    r.purpose = std::move(purpose);
    return r;
}

void listener::open() {
    close();
    m_state = state::opening;
    m_alarm.set(m_request.connect_timeout, [this] {
        failed(too_late(cause::connection, "no answer from the server", m_request.connect_timeout));
    });
    m_opener.open(request("listener"), m_subscription.statements(),
                  [this](opening_result opened) { prove(std::move(opened)); });
}

void listener::prove(opening_result opened) {
    if (!opened.connection)
        return failed({names_standby(opened) ? cause::standby : cause::connection, opened.error, opened.sqlstate});
    m_alarm.cancel();
    m_subscription.take(std::move(opened.connection));
    m_state = state::proving;
    m_proof.send(request("probe"), opened.direct);
}

void listener::probed(std::string_view payload) {
    if (m_proof.arrived(payload))
        go_live();
}

void listener::go_live() {
    m_state = state::live;
    m_backoff.reset();
    m_heartbeat.start();
    verified();
    m_handlers.live();
}

void listener::verified() {
    if (m_handlers.verified)
        m_handlers.verified();
}

void listener::failed(deafness d) {
    close();
    m_state = state::waiting;
    auto const delay = m_backoff.next();
    m_alarm.set(delay, [this] { open(); });
    m_handlers.lost({d.why, std::move(d.error), std::move(d.sqlstate), delay});
}

} // namespace exportd
