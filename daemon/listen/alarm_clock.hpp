#pragma once

#include "asio.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

namespace exportd {

/**
 * Rings once, after a while; never when it was set anew, cancelled or destroyed before, even if its time had come by
 * then.
 *
 * Thread  the io_context's; it rings there.
 */
class alarm_clock {
public:
    explicit alarm_clock(asio::io_context& io) : m_timer{io} {}

    void set(std::chrono::milliseconds after, std::function<void()> ring) {
        m_ring = std::make_shared<std::function<void()>>(std::move(ring));
        m_timer.expires_after(after);
        m_timer.async_wait([ring = std::weak_ptr{m_ring}](error_code const& e) {
            auto const wanted = ring.lock();
            if (!e && wanted)
                (*wanted)();
        });
    }
    void cancel() {
        m_ring.reset();
        m_timer.cancel();
    }

private:
    asio::steady_timer m_timer;
    std::shared_ptr<std::function<void()>> m_ring;
};

} // namespace exportd
