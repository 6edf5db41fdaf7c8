#include "schedule/cycle_schedule.hpp"

#include <algorithm>
#include <utility>

namespace exportd {

namespace {

using time_point = cycle_schedule::clock::time_point;

void bring_forward(std::optional<time_point>& at, std::optional<time_point> other) {
    if (other)
        at = std::min(at.value_or(*other), *other);
}

} // namespace

cycle_schedule::cycle_schedule(rules const& r, time_point now) noexcept
    : m_hints{r.debounce, r.max_delay},
      m_full_requests{r.full_request_interval},
      m_poll_interval{r.poll_interval},
      m_poll_at{now} {}

void cycle_schedule::set(rules const& r) noexcept {
    m_hints.set(r.debounce, r.max_delay);
    m_full_requests.set(r.full_request_interval);
    m_poll_interval = r.poll_interval;
}

void cycle_schedule::notified(time_point now, bool full) noexcept {
    if (full)
        m_full_requests.request(now);
    m_hints.hint(now);
}

void cycle_schedule::listening(time_point now) noexcept {
    m_live = true;
    requested(now, false);
}

void cycle_schedule::deaf(time_point now) noexcept {
    m_live = false;
    if (!m_running) // else its end sets the next poll
        bring_forward(m_poll_at, now + deaf_poll_interval);
}

void cycle_schedule::requested(time_point now, bool full) noexcept {
    m_wanted = true;
    m_full_wanted = m_full_wanted || full;
    m_poll_at = now;
    m_retry_at.reset();
}

std::optional<time_point> cycle_schedule::due() const noexcept {
    if (m_running)
        return std::nullopt;
    if (m_retry_at)
        return m_retry_at;
    auto at = m_poll_at;
    // A rationed request does not hurry what is notified with it.
    bring_forward(at, is_notified() ? m_hints.due() : m_full_requests.due());
    return at;
}

cycle_schedule::beginning cycle_schedule::begin(time_point now) noexcept {
    bool const full = m_full_requests.grant(now) || m_full_wanted;
    beginning const b{full, m_live && !full && !is_notified() && !m_retry_at && !m_wanted, m_wanted};
    m_running = true;
    m_wanted = m_full_wanted = false;
    m_hints.served();
    m_retry_at.reset();
    m_poll_at.reset();
    return b;
}

void cycle_schedule::succeeded(time_point now) noexcept {
    ended(now);
}

void cycle_schedule::failed(time_point now, clock::duration pause, bool was_full) noexcept {
    ended(now);
    m_full_wanted = m_full_wanted || was_full;
    m_retry_at = now + pause;
}

void cycle_schedule::ended(time_point now) noexcept {
    m_running = false;
    if (m_poll_at) // one was wanted meanwhile
        return;
    bool const never = m_poll_interval == clock::duration::zero();
    if (!m_live)
        m_poll_at = now + (never ? deaf_poll_interval : std::min<clock::duration>(m_poll_interval, deaf_poll_interval));
    else if (!never)
        m_poll_at = now + m_poll_interval;
}

} // namespace exportd
