#pragma once

#include "notes_export/report.hpp"

namespace notes_export {

/// Adds its lifetime to one phase.
class stopwatch {
public:
    stopwatch(phase_times& times, phase p) noexcept : m_times{&times}, m_phase{p} {}
    ~stopwatch() { m_times->add(m_phase, std::chrono::steady_clock::now() - m_begin); }
    stopwatch(stopwatch const&) = delete;
    stopwatch& operator=(stopwatch const&) = delete;

private:
    phase_times* m_times;
    phase m_phase;
    std::chrono::steady_clock::time_point m_begin = std::chrono::steady_clock::now();
};

} // namespace notes_export
