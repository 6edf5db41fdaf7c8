#include "http/progress_watch.hpp"

#include <utility>

namespace notes_export::http {

void progress_watch::begin(time_point now) {
    m_last = now;
    m_bytes = 0;
    m_answered = false;
}

bool progress_watch::is_stuck(time_point now, std::uint64_t bytes, bool answered) {
    bool const begins = answered && !std::exchange(m_answered, true);
    if (begins || bytes >= m_bytes + m_limits->least_progress) {
        m_last = now;
        m_bytes = bytes;
    }
    return now - m_last > m_limits->no_progress;
}

} // namespace notes_export::http
