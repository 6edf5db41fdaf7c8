#include "cycles/cycle_runner.hpp"

namespace exportd {

cycle_runner::cycle_runner(asio::io_context& io, notes_export::export_config config,
                           notes_export::cycle_observer observer, std::function<void(cycle_outcome)> done)
    : m_io{io}, m_cycles{std::move(config), std::move(observer)}, m_done{std::move(done)} {}

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
    std::exception_ptr refused;
    try {
        if (j.reconfigure)
            m_cycles.reconfigure(*j.reconfigure);
    } catch (std::exception const&) {
        refused = std::current_exception();
    }
    auto outcome = m_cycles.run(j.request, m_stop.get_token());
    outcome.reconfigured = refused;
    if (!outcome.error)
        read_earlier_runs(outcome);
    outcome.figures = measure_tree(m_cycles.config());
    return outcome;
}

// This one may be among them: it began after the program did.
void cycle_runner::read_earlier_runs(cycle_outcome& outcome) {
    if (m_earlier_read || m_stop.stop_requested())
        return;
    m_earlier_read = true;
    try {
        outcome.earlier = m_cycles.recent();
    } catch (std::exception const&) { // told, not fatal: the runs to come are known
        outcome.earlier_unknown = std::current_exception();
    }
}

} // namespace exportd
