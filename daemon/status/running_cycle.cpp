#include "status/running_cycle.hpp"

namespace exportd {

std::optional<running_cycle> look_at_cycle(health_state const& s, std::chrono::steady_clock::time_point now) {
    if (!s.running_since)
        return std::nullopt;
    running_cycle c{now - *s.running_since, s.phase, s.rows_done, s.rows};
    auto const seconds = std::chrono::duration<double>{c.elapsed}.count();
    if (c.rows_done == 0 || seconds <= 0)
        return c;
    c.rate = static_cast<double>(c.rows_done) / seconds;
    if (c.rows >= c.rows_done)
        c.left = static_cast<double>(c.rows - c.rows_done) / *c.rate;
    return c;
}

} // namespace exportd
