#include "status/readiness.hpp"

#include <algorithm>

namespace exportd {

namespace {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds shortest_limit = 10min;
constexpr clock::duration longest_tick = 10s;

std::string seconds(clock::duration d) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(d).count()) + " s";
}

std::string failure(health_state const& s) {
    return s.error.empty() ? "" : ": " + s.error;
}

} // namespace

std::optional<clock::duration> oldest_pending_age(health_state const& s, dataset_health const& d,
                                                  clock::time_point now) {
    if (!s.standby_for.empty())
        return std::nullopt;
    auto since = now;
    for (auto const& t : {s.notified, s.running, s.failing, d.waiting_since})
        since = std::min(since, t.value_or(now));
    return now - since;
}

std::optional<clock::duration> oldest_pending_age(health_state const& s, clock::time_point now) {
    std::optional<clock::duration> oldest;
    for (auto const& d : s.datasets)
        oldest = std::max(oldest, oldest_pending_age(s, d, now)); // nothing is less than any value
    return oldest;
}

std::chrono::milliseconds readiness_limit(health_state const& s) {
    return std::max(shortest_limit, 3 * s.poll_interval);
}

std::string why_not_ready(health_state const& s, clock::time_point now) {
    if (!s.standby_for.empty())
        return "standby: another instance is at work: " + s.standby_for;
    if (!s.last_success)
        return "no cycle has succeeded yet" + failure(s);
    if (s.listener != hearing::live && !s.error.empty())
        return "neither notifications nor polling work" + failure(s);
    auto const limit = readiness_limit(s);
    if (auto const age = oldest_pending_age(s, now); age && *age > limit)
        return "changes may have been waiting for " + seconds(*age) + failure(s);
    if (s.poll_interval > 0ms && !s.running && now - *s.last_success > limit)
        return "the last look at the database was " + seconds(now - *s.last_success) + " ago";
    return "";
}

std::string why_not_healthy(clock::duration since_tick) {
    return since_tick < longest_tick ? "" : "the event loop has not run for " + seconds(since_tick);
}

} // namespace exportd
