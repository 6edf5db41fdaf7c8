#include "cycles/recorded_cycles.hpp"

#include <notes_export/error.hpp>

#include <chrono>

namespace exportd {

namespace {

// A database that is away, or full, cannot record it, and a lock that is held would be waited for once more. One that
// refuses something else, such as an update for which a right is missing, still takes a line of statistics.
bool can_be_recorded(std::exception_ptr const& error) {
    try {
        std::rethrow_exception(error);
    } catch (notes_export::database_error const& e) {
        auto const is_of_class = [&](std::string_view c) { return e.sqlstate().starts_with(c); };
        return !e.connection_lost() && !is_of_class("08") && !is_of_class("53") && !is_of_class("57P");
    } catch (notes_export::lock_held const&) {
        return false;
    } catch (notes_export::request_refused const&) { // nothing was begun
        return false;
    } catch (...) { // handed to the caller, who decides
        return true;
    }
}

} // namespace

void recorded_cycles::open() {
    if (!m_exporter)
        m_exporter.emplace(m_config, m_observer);
}

void recorded_cycles::reconfigure(notes_export::export_config const& next) {
    if (m_exporter)
        m_exporter->reconfigure(next);
    m_config = next;
}

cycle_outcome recorded_cycles::run(notes_export::cycle_request const& request, std::stop_token const& stop) {
    cycle_outcome outcome;
    auto const begin = std::chrono::steady_clock::now();
    outcome.report.started = std::chrono::system_clock::now();
    outcome.report.mode = request.full ? notes_export::cycle_mode::full : notes_export::cycle_mode::incremental;
    try_cycle(outcome, request, stop);
    if (outcome.error) {
        outcome.report.finished = std::chrono::system_clock::now();
        outcome.report.duration = std::chrono::steady_clock::now() - begin;
    }
    if (m_exporter)
        outcome.published = m_exporter->last_publication();
    record(outcome, stop);
    return outcome;
}

void recorded_cycles::try_cycle(cycle_outcome& outcome, notes_export::cycle_request const& request,
                                std::stop_token const& stop) {
    try {
        open();
        outcome.report = m_exporter->run(request, stop);
        outcome.in_quarantine = m_exporter->quarantined(remembered_refusals);
    } catch (...) { // handed to the caller, who decides
        outcome.error = std::current_exception();
    }
}

void recorded_cycles::record(cycle_outcome& outcome, std::stop_token const& stop) {
    bool const worth =
        outcome.error ? can_be_recorded(outcome.error) && !stop.stop_requested() : worth_recording(outcome.report);
    if (!m_exporter || !worth)
        return;
    try {
        m_exporter->record(outcome.report, outcome.error ? describe(outcome.error) : "", EXPORTD_VERSION);
    } catch (std::exception const&) {
        outcome.recorded = std::current_exception();
    }
}

std::vector<notes_export::run_status> recorded_cycles::recent() {
    return m_exporter ? m_exporter->recent_runs(remembered_runs) : std::vector<notes_export::run_status>{};
}

} // namespace exportd
