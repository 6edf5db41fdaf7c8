#pragma once

#include "schedule/debouncer.hpp"
#include "schedule/request_limit.hpp"

#include <chrono>
#include <optional>

namespace exportd {

/**
 * When a cycle runs, and which. Notifications, the time, signals and failed cycles only ever say "look again"; what
 * there is to export is found by the cycle itself.
 *
 *   the first cycle runs at once;
 *   notifications are served when they pause, or after max_delay; a full export that one asks for is rationed;
 *   what is requested runs at once, and also after a cycle that runs meanwhile;
 *   while there are no other reasons, one runs each poll_interval, and every 10 s while nobody listens;
 *   after a failure nothing but a request comes before the next try.
 *
 * Pure logic on the caller's steady clock; owns no timer.
 */
class cycle_schedule {
public:
    using clock = std::chrono::steady_clock;

    struct rules {
        clock::duration debounce;
        clock::duration max_delay;
        clock::duration poll_interval; ///< 0: not while notifications arrive
        clock::duration full_request_interval;
    };
    /// Without notifications polling is all there is.
    static constexpr std::chrono::seconds deaf_poll_interval{10};

    cycle_schedule(rules const& r, clock::time_point now) noexcept;
    /// From the next event on.
    void set(rules const& r) noexcept;

    /// Somebody changed something; `full`: and wants all of it exported again.
    void notified(clock::time_point now, bool full) noexcept;
    /// Are there notifications that no cycle has served?
    bool is_notified() const noexcept { return m_hints.due().has_value(); }
    /// Notifications arrive from now on. What was committed before sent none, so that a cycle is due.
    void listening(clock::time_point now) noexcept;
    /// They do not arrive any more.
    void deaf(clock::time_point now) noexcept;
    /// One is wanted as soon as possible.
    void requested(clock::time_point now, bool full) noexcept;

    /// When the next one is to begin; nullopt: while one runs, or when nothing asks for one.
    std::optional<clock::time_point> due() const noexcept;

    struct beginning {
        bool full;   ///< export all rows
        bool polled; ///< there is no other reason than the time, although notifications would arrive
        bool asked;  ///< one was requested, so that somebody waits to be told of its end
    };
    /// A cycle begins now.
    beginning begin(clock::time_point now) noexcept;
    void succeeded(clock::time_point now) noexcept;
    /// It is tried again after `pause`; what it was to do is still wanted.
    void failed(clock::time_point now, clock::duration pause, bool was_full) noexcept;

private:
    void ended(clock::time_point now) noexcept;

    debouncer m_hints;
    request_limit m_full_requests;
    clock::duration m_poll_interval;
    bool m_live = false;
    bool m_running = false;
    bool m_wanted = false;
    bool m_full_wanted = false;
    std::optional<clock::time_point> m_poll_at; ///< none: never, or while a cycle runs and nobody wants another
    std::optional<clock::time_point> m_retry_at;
};

} // namespace exportd
