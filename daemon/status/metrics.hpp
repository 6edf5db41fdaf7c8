#pragma once

#include "cycles/cycle_outcome.hpp"
#include "listen/listener.hpp"
#include "status/health.hpp"

#include <memory>
#include <string>
#include <vector>

namespace exportd {

/**
 * The figures for Prometheus, prefix osmnotes_export_, base units, no ids in labels.
 *
 * Events raise counters; what is a state is taken from the health when somebody asks.
 * Thread  any.
 */
class metrics {
public:
    /// Their series are there from the beginning.
    metrics(std::vector<notes_export::dataset> const& datasets, std::vector<notes_export::document> const& documents);
    ~metrics();
    metrics(metrics const&) = delete;
    metrics& operator=(metrics const&) = delete;

    /// `coalesced`: a cycle was already due for an earlier notification.
    void notified(bool coalesced);
    void missed_notification();
    void reconnecting(listener::cause why);
    void cycle_ended(cycle_outcome const& outcome);
    void hook_ended(bool success);

    /// Text exposition format 0.0.4.
    std::string text(health_state const& s);

private:
    struct families;
    std::unique_ptr<families> m_families;
};

/// What /metrics is served as.
inline constexpr std::string_view metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

} // namespace exportd
