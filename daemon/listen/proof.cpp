#include "listen/proof.hpp"

#include <random>
#include <utility>

namespace exportd {

namespace {

std::string random_text() {
    std::random_device random;
    return std::to_string(random()) + '-' + std::to_string(random());
}

} // namespace

proof::proof(asio::io_context& io, subscription& listening, std::chrono::milliseconds within,
             std::function<void(deafness)> failed)
    : m_listening{listening}, m_within{within}, m_failed{std::move(failed)}, m_sender{io}, m_deadline{io} {}

std::string proof::notify() const {
    return "SELECT pg_catalog.pg_notify('" + std::string{subscription::probe_channel} + "', '" + m_nonce + "')";
}

void proof::send(notes_export::session_request request, bool direct) {
    m_nonce = random_text();
    wait(request.connect_timeout + m_within);
    m_sender.open(std::move(request), notify(), [this, direct](opening_result const& s) { sent(s, direct); });
}

void proof::wait(std::chrono::milliseconds at_most) {
    m_deadline.set(at_most, [this, at_most] {
        m_failed(too_late(deafness::cause::pooler, "a notification to itself did not arrive", at_most));
    });
}

void proof::sent(opening_result const& s, bool direct) {
    if (m_nonce.empty()) // it was faster
        return;
    if (s.connection)
        return wait(m_within);
    if (s.sqlstate == notes_export::too_many_sessions && direct) {
        wait(m_within);
        return send_alone();
    }
    m_failed({deafness::cause::connection, s.error, s.sqlstate});
}

void proof::send_alone() {
    m_listening.ask("notify itself", notify(), {}, [](pg_result const*) {}); // what counts is that it arrives
}

bool proof::arrived(std::string_view payload) {
    if (m_nonce.empty() || payload != m_nonce)
        return false;
    m_nonce.clear();
    m_deadline.cancel();
    return true;
}

void proof::cancel() {
    m_nonce.clear();
    m_deadline.cancel();
    m_sender.cancel();
}

} // namespace exportd
