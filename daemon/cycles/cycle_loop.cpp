#include "cycles/cycle_loop.hpp"

#include <notes_export/error.hpp>

#include <utility>

namespace exportd {

namespace {

using clock = cycle_schedule::clock;

// How soon a standby notices that the tree is free.
constexpr std::chrono::seconds standby_interval{1};

} // namespace

cycle_loop::cycle_loop(asio::io_context& io, cycle_schedule::rules const& rules, notes_export::export_config config,
                       notes_export::cycle_observer observer, handlers h)
    : m_due{io},
      m_schedule{rules, clock::now()},
      m_handlers{std::move(h)},
      m_runner{io, std::move(config), std::move(observer), [this](cycle_outcome const& outcome) { end(outcome); }} {}

void cycle_loop::stop() {
    m_stopped = true;
    m_due.cancel();
    m_runner.request_stop();
}

void cycle_loop::notified(bool full) {
    m_schedule.notified(clock::now(), full);
    arm();
}

void cycle_loop::listening() {
    m_schedule.listening(clock::now());
    arm();
}

void cycle_loop::deaf() {
    m_schedule.deaf(clock::now());
    arm();
}

void cycle_loop::requested(bool full) {
    m_schedule.requested(clock::now(), full);
    arm();
}

void cycle_loop::reconfigure(cycle_schedule::rules const& rules, notes_export::export_config config) {
    m_schedule.set(rules);
    m_reconfigure = std::move(config);
}

/// Sets the timer to when a cycle is due.
void cycle_loop::arm() {
    auto const at = m_schedule.due();
    if (m_stopped || !at) {
        m_due.cancel();
        return;
    }
    m_due.expires_at(*at);
    m_due.async_wait([this](error_code const& e) {
        if (!e)
            begin();
    });
}

void cycle_loop::begin() {
    if (m_runner.running() || m_stopped)
        return;
    m_why = m_schedule.begin(clock::now());
    m_handlers.begins();
    m_runner.start({.request = {.full = m_why.full}, .reconfigure = std::exchange(m_reconfigure, {})});
}

void cycle_loop::end(cycle_outcome const& outcome) {
    auto const how = settle(outcome);
    auto const& report = outcome.report;
    bool const unannounced = how == ending::success && m_why.polled && !m_schedule.is_notified() &&
                             report.mode != notes_export::cycle_mode::full && report.exported() > 0;
    m_handlers.ended(outcome, how, {unannounced, m_why.asked});
    arm();
}

cycle_loop::ending cycle_loop::settle(cycle_outcome const& outcome) {
    try {
        if (outcome.error)
            std::rethrow_exception(outcome.error);
        m_schedule.succeeded(clock::now());
        m_retry.reset();
        return ending::success;
    } catch (notes_export::lock_held const&) {
        try_again_after(standby_interval, outcome);
        return ending::held;
    } catch (...) {
        try_again_after(m_retry.next(), outcome);
        return ending::failure;
    }
}

void cycle_loop::try_again_after(clock::duration pause, cycle_outcome const& outcome) {
    m_schedule.failed(clock::now(), pause, outcome.report.mode == notes_export::cycle_mode::full);
}

} // namespace exportd
