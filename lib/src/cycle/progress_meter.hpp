#pragma once

#include "notes_export/cycle.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

namespace notes_export {

/**
 * Counts rows that are done, and tells of it now and then.
 *
 * Thread: the owner's; passed() any.
 */
class progress_meter {
public:
    using listener = std::function<void(work_progress const&)>;
    static constexpr std::chrono::milliseconds interval{100};

    explicit progress_meter(listener l) : m_listener{std::move(l)} {}
    progress_meter(progress_meter const&) = delete;
    progress_meter& operator=(progress_meter const&) = delete;

    /// Always tells.
    void enter(phase p) {
        m_phase = p;
        tell_now();
    }
    /// So many rows are to come; with those of an earlier call.
    void expect(std::uint64_t rows) noexcept { m_expected += rows; }
    void passed(std::size_t rows) noexcept { m_done.fetch_add(rows, std::memory_order_relaxed); }
    /// Unless it told a moment ago. Throws what the listener throws.
    void tell() {
        if (m_listener && std::chrono::steady_clock::now() - m_told >= interval)
            tell_now();
    }

private:
    void tell_now() {
        if (!m_listener)
            return;
        m_told = std::chrono::steady_clock::now();
        auto const done = m_done.load(std::memory_order_relaxed);
        m_listener({m_phase, done, m_expected == 0 ? 0 : std::max(m_expected, done)});
    }

    listener m_listener;
    phase m_phase = phase::detect;
    std::uint64_t m_expected = 0;
    std::atomic<std::uint64_t> m_done{0};
    std::chrono::steady_clock::time_point m_told;
};

} // namespace notes_export
