#pragma once

#include "cycles/cycle_outcome.hpp"

#include <notes_export/exporter.hpp>

#include <optional>
#include <stop_token>

namespace exportd {

/**
 * Cycles whose outcome is caught and recorded in json_export_runs, for the daemon and for `once` alike.
 *
 * Thread: one call at a time; any thread.
 */
class recorded_cycles {
public:
    recorded_cycles(notes_export::export_config config, notes_export::cycle_observer observer)
        : m_config{std::move(config)}, m_observer{std::move(observer)} {}

    /// Makes the exporter now instead of in the first cycle. Throws what its constructor throws.
    void open();
    /// For the cycles to come. Throws schema_error and changes nothing.
    void reconfigure(notes_export::export_config const& next);

    /// Never throws what a cycle throws: that is in the outcome.
    cycle_outcome run(notes_export::cycle_request const& request, std::stop_token const& stop);
    /// The newest runs, newest first; empty before the first cycle. Throws database_error.
    std::vector<notes_export::run_status> recent();

    notes_export::export_config const& config() const noexcept { return m_config; }

private:
    void try_cycle(cycle_outcome& outcome, notes_export::cycle_request const& request, std::stop_token const& stop);
    void record(cycle_outcome& outcome, std::stop_token const& stop);

    notes_export::export_config m_config;
    notes_export::cycle_observer m_observer;
    std::optional<notes_export::exporter> m_exporter; ///< none while another instance holds the tree
};

} // namespace exportd
