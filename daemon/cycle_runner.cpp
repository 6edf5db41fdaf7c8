#include "cycle_runner.hpp"

#include <notes_export/error.hpp>
#include <notes_export/session.hpp>

namespace exportd {

std::string describe(std::exception_ptr const& e) {
    try {
        std::rethrow_exception(e);
    } catch (std::exception const& known) {
        return known.what();
    } catch (...) {
        return "unknown error";
    }
}

bool worth_recording(notes_export::cycle_report const& report) {
    return report.published || report.marked() > 0 || !report.quarantined.empty() ||
           report.mode == notes_export::cycle_mode::full;
}

bool lacked_a_session(std::exception_ptr const& error) {
    try {
        std::rethrow_exception(error);
    } catch (notes_export::database_error const& e) {
        return e.sqlstate() == notes_export::too_many_sessions;
    } catch (...) { // whatever else it is was told, and is not for want of a session
        return false;
    }
}

cycle_runner::cycle_runner(asio::io_context& io, notes_export::export_config config,
                           notes_export::cycle_observer observer, std::function<void(cycle_outcome)> done)
    : m_io{io}, m_config{std::move(config)}, m_observer{std::move(observer)}, m_done{std::move(done)} {}

void cycle_runner::open() {
    if (!m_exporter)
        m_exporter.emplace(m_config, m_observer);
}

void cycle_runner::reconfigure(notes_export::export_config const& next) {
    if (m_exporter)
        m_exporter->reconfigure(next);
    m_config = next;
}

cycle_runner::~cycle_runner() {
    request_stop();
    m_thread.join();
}

void cycle_runner::start(job j) {
    m_running = true;
    asio::post(m_thread, [this, j = std::move(j)] {
        auto outcome = run(j);
        asio::post(m_io, [this, outcome = std::move(outcome)] {
            m_running = false;
            m_done(outcome);
        });
    });
}

cycle_outcome cycle_runner::run(job const& j) {
    cycle_outcome outcome;
    try {
        if (j.reconfigure)
            reconfigure(*j.reconfigure);
    } catch (std::exception const&) {
        outcome.reconfigured = std::current_exception();
    }
    auto const begin = std::chrono::steady_clock::now();
    outcome.report.started = std::chrono::system_clock::now();
    outcome.report.mode = j.request.full ? notes_export::cycle_mode::full : notes_export::cycle_mode::incremental;
    bool cannot_record = false;
    try {
        open();
        outcome.report = m_exporter->run(j.request, m_stop.get_token());
        outcome.in_quarantine = m_exporter->quarantined(remembered_refusals);
    } catch (notes_export::database_error const&) {
        outcome.error = std::current_exception();
        cannot_record = true;
    } catch (notes_export::lock_held const&) { // recording would wait for the same lock again
        outcome.error = std::current_exception();
        cannot_record = true;
    } catch (...) { // handed to the event loop, which decides
        outcome.error = std::current_exception();
    }
    if (outcome.error) {
        outcome.report.finished = std::chrono::system_clock::now();
        outcome.report.duration = std::chrono::steady_clock::now() - begin;
    }
    if (!outcome.error)
        read_earlier_runs(outcome); // before this one is among them
    record(outcome, cannot_record);
    outcome.figures = measure_tree(m_config.directory);
    return outcome;
}

void cycle_runner::read_earlier_runs(cycle_outcome& outcome) {
    if (m_earlier_read || m_stop.stop_requested())
        return;
    m_earlier_read = true;
    try {
        outcome.earlier = m_exporter->recent_runs(remembered_runs);
    } catch (std::exception const&) { // told, not fatal: the runs to come are known
        outcome.earlier_unknown = std::current_exception();
    }
}

void cycle_runner::record(cycle_outcome& outcome, bool cannot_record) {
    bool const stopping = m_stop.stop_requested() && outcome.error;
    if (!m_exporter || cannot_record || stopping || (!outcome.error && !worth_recording(outcome.report)))
        return;
    try {
        m_exporter->record(outcome.report, outcome.error ? describe(outcome.error) : "", EXPORTD_VERSION);
    } catch (std::exception const&) {
        outcome.recorded = std::current_exception();
    }
}

} // namespace exportd
