#include "source/sessions.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace notes_export {

namespace {

// After a request to stop. What is published and not marked is looked at again by the next cycle, and no more.
constexpr std::chrono::seconds marking_grace{5};

} // namespace

void sessions::set_stop(std::stop_token const& stop, std::chrono::milliseconds grace) {
    m_admission.set_stop(stop, grace);
    if (m_writer)
        m_writer->set_stop(stop, grace);
    m_lock.set_stop(stop, grace);
    if (m_asked)
        m_asked->set_stop(stop, grace);
    m_read_server.set_stop(stop, grace);
    m_readers.set_stop(stop, grace);
}

void sessions::finish_soon() {
    set_stop(std::stop_token{m_admission.stop()}, marking_grace);
}

pg::connection& sessions::writer() {
    if (m_writer && m_writer->healthy() && m_lock.is_kept())
        return *m_writer;
    m_lock.forget();
    m_writer.reset();
    auto c = m_admission.open("writer");
    m_lock.take(*c, c->pooled() ? m_admission.open("lock") : nullptr, m_admission.stop());
    m_writer = std::move(c);
    return *m_writer;
}

pg::connection& sessions::marker() {
    if (m_marker && m_marker->healthy())
        return *m_marker;
    m_marker = m_admission.open_if_possible("marker");
    auto& marking = m_marker ? *m_marker : writer();
    marking.set_stop(m_admission.stop(), marking_grace);
    return marking;
}

pg::connection* sessions::second_marker() {
    if (!reads_from_standby())
        return m_readers.idle();
    auto& found = marker();
    return &found == m_writer.get() ? nullptr : &found;
}

pg::connection& sessions::primary() {
    if (m_writer)
        return writer();
    if (!m_asked || !m_asked->healthy())
        m_asked = m_admission.open("position");
    return *m_asked;
}

// Where there is no standby nothing is asked.
void sessions::choose_read_server() {
    if (m_read_server.is_worth_asking() && m_read_server.take(m_readers, primary()))
        return;
    m_read_server.leave();
    m_readers.use(m_admission);
}

void sessions::require_read_server() {
    if (reads_from_standby())
        m_read_server.require(m_readers.at(0));
}

bool sessions::standby_failed(database_error const& e) {
    if (!reads_from_standby() || !(m_read_server.is_doubted() || m_readers.any_failed()))
        return false;
    m_read_server.failed(e);
    return true;
}

std::vector<std::string> sessions::take_warnings() {
    auto warnings = m_lock.take_warnings();
    std::ranges::move(m_admission.take_warnings(), std::back_inserter(warnings));
    std::ranges::move(m_read_server.take_warnings(), std::back_inserter(warnings));
    return warnings;
}

// Nothing is waited for.
void sessions::reset() noexcept {
    m_readers.leave();
    m_read_server.leave();
    m_asked.reset();
    m_marker.reset();
    m_lock.forget();
    m_writer.reset();
}

} // namespace notes_export
