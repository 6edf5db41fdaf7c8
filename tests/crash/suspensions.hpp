#pragma once

#include "support/private_cluster.hpp"

#include <chrono>
#include <condition_variable>
#include <limits>
#include <map>
#include <mutex>
#include <stop_token>
#include <sys/types.h>
#include <thread>

namespace soak {

/// Processes that stand still until some step. One that was stopped while it holds an internal lock of the server stops
/// all sessions, for which there is no timeout: when no step comes for a while, all go on.
class suspensions {
public:
    void add(pid_t pid, long until) {
        std::scoped_lock const lock{m_mutex};
        m_all.emplace(until, pid);
    }
    /// A step is made: those that were to stand still until it, or an earlier one, go on.
    void end_at(long step) {
        std::scoped_lock const lock{m_mutex};
        m_last_step = clock::now();
        std::erase_if(m_all, [step](auto const& entry) { return entry.first <= step; });
    }
    void end_all() { end_at(std::numeric_limits<long>::max()); }

private:
    using clock = std::chrono::steady_clock;
    static constexpr std::chrono::seconds longest{10};

    void watch(std::stop_token const& stop) {
        std::unique_lock lock{m_mutex};
        while (!stop.stop_requested()) {
            m_look_again.wait_for(lock, stop, std::chrono::seconds{1}, [] { return false; });
            if (clock::now() - m_last_step > longest)
                m_all.clear();
        }
    }

    std::mutex m_mutex;
    std::condition_variable_any m_look_again;
    clock::time_point m_last_step = clock::now();
    std::multimap<long, test::suspended_process> m_all;
    std::jthread m_watch{[this](std::stop_token const& stop) { watch(stop); }};
};

} // namespace soak
