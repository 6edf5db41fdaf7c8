#pragma once

#include <chrono>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

namespace exportd {

/// The usual process_* figures: of this process, from its own /proc entries and limits.
class process_metrics {
public:
    explicit process_metrics(prometheus::Registry& r);

    /// Measures. Throws std::system_error.
    void show(std::chrono::system_clock::time_point started);

private:
    prometheus::Counter& m_cpu;
    prometheus::Gauge& m_started;
    prometheus::Gauge& m_virtual;
    prometheus::Gauge& m_resident;
    prometheus::Gauge& m_open;
    prometheus::Gauge& m_most_open;
};

} // namespace exportd
