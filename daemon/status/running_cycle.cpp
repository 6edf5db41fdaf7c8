#include "status/running_cycle.hpp"

namespace exportd {

std::optional<progress_figures> look_at_cycle(health_state const& s, std::chrono::steady_clock::time_point now) {
    if (!s.running_since)
        return std::nullopt;
    auto speed = s.speed;
    speed.at(now, s.rows_done); // nothing may have gone by for a while
    return progress_figures{{s.phase, s.rows_done, s.rows},
                            std::chrono::duration_cast<std::chrono::seconds>(now - *s.running_since),
                            speed.rate(),
                            speed.left(s.rows)};
}

} // namespace exportd
