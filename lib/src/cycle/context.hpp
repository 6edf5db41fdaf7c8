#pragma once

#include "cycle/exporter_parts.hpp"
#include "cycle/progress_meter.hpp"
#include "notes_export/cycle.hpp"
#include "notes_export/error.hpp"
#include "notes_export/report.hpp"

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <utility>

namespace notes_export {

/// What all steps of one cycle are given: where they read and write, when they stop, and what they report to.
struct cycle_context {
    exporter_parts& parts;
    cycle_request const request;
    std::stop_token const stop;
    cycle_report report;
    progress_meter progress{parts.observer.progress};

    export_config const& config() const noexcept { return parts.config; }
    held_tree& tree() const noexcept { return *parts.held; }
    cycle_memory& memory() const noexcept { return parts.memory; }
    bool full() const noexcept { return report.mode == cycle_mode::full; }
    /// Nothing is published: see preview().
    bool only_looks() const noexcept { return parts.only_looks; }
    /// When the cycle began, Unix seconds.
    std::int64_t now() const noexcept {
        return std::chrono::duration_cast<std::chrono::seconds>(report.started.time_since_epoch()).count();
    }

    void warn(std::string text) { report.warnings.push_back(std::move(text)); }
    void stop_if_asked() const {
        if (stop.stop_requested())
            throw cancelled{only_looks() ? "stopped before the end" : "stopped before publishing"};
    }
    /// The next phase begins, unless the cycle is to stop.
    void enter(phase p) {
        stop_if_asked();
        tell(p);
    }
    /// The same when nothing can be stopped any more.
    void tell(phase p) {
        if (parts.observer.entering)
            parts.observer.entering(p);
        progress.enter(p);
    }
};

} // namespace notes_export
