#pragma once

#include "asio.hpp"
#include "tree_figures.hpp"

#include <notes_export/exporter.hpp>

#include <boost/asio/thread_pool.hpp>

#include <exception>
#include <functional>
#include <optional>
#include <stop_token>

namespace exportd {

/// How one cycle ended: a report, or an error with what is known of the cycle.
struct cycle_outcome {
    notes_export::cycle_report report;
    std::exception_ptr error;        ///< null: success
    std::exception_ptr reconfigured; ///< null: new settings, if any, were taken over
    std::exception_ptr recorded;     ///< null: the statistics row, if any, was written
    tree_figures figures;
    std::vector<notes_export::quarantined_row> in_quarantine; ///< after a success: some of those rows
    std::vector<notes_export::run_status> earlier;            ///< once: runs of before the start, newest first
    std::exception_ptr earlier_unknown;                       ///< null: they, if any, could be read
};

/**
 * Runs cycles on a thread of its own, one at a time, and hands their outcome back to the event loop.
 *
 * Thread: the io_context's; `done` runs there.
 */
class cycle_runner {
public:
    struct job {
        notes_export::cycle_request request;
        std::optional<notes_export::export_config> reconfigure; ///< taken over before the cycle
    };

    cycle_runner(asio::io_context& io, notes_export::export_config config, notes_export::cycle_observer observer,
                 std::function<void(cycle_outcome)> done);
    ~cycle_runner();

    /// Makes the exporter now instead of in the first cycle. Throws what its constructor throws.
    void open();

    /// Begins a cycle; only when none is running.
    void start(job j);
    bool running() const noexcept { return m_running; }
    /// Asks the running cycle to end as soon as nothing is half done.
    void request_stop() { m_stop.request_stop(); }

private:
    cycle_outcome run(job const& j);
    void reconfigure(notes_export::export_config const& next);
    void read_earlier_runs(cycle_outcome& outcome);
    void record(cycle_outcome& outcome, bool cannot_record);

    asio::io_context& m_io;
    notes_export::export_config m_config;
    notes_export::cycle_observer m_observer;
    std::optional<notes_export::exporter> m_exporter; ///< none while another instance holds the tree
    std::function<void(cycle_outcome)> m_done;
    std::stop_source m_stop;
    bool m_earlier_read = false;
    bool m_running = false;
    asio::thread_pool m_thread{1};
};

/// The message of an exception, for a record.
std::string describe(std::exception_ptr const& e);
/// Had server or role no room for a session that the cycle needed?
bool lacked_a_session(std::exception_ptr const& error);
/// How many runs, and rows in quarantine, are kept to be looked at.
inline constexpr int remembered_runs = 100;
inline constexpr std::size_t remembered_refusals = 100;

/// Did the cycle do anything that belongs into the statistics?
bool worth_recording(notes_export::cycle_report const& report);

} // namespace exportd
