#include "app/app.hpp"

#include "app/watchdog.hpp"
#include "cycles/cycle_log.hpp"
#include "log/logging.hpp"
#include "settings/export_settings.hpp"
#include "systemd.hpp"

#include <notes_export/check.hpp>
#include <notes_export/error.hpp>

#include <csignal>
#include <cstdlib>
#include <utility>

namespace exportd {

namespace {

using logging::level;

// That a full export or a new metadata.json is due is found by a cycle, whatever it runs for.
std::chrono::milliseconds longest_rest(settings const& s) {
    std::chrono::milliseconds shortest{};
    for (auto const each : {s.schedule.poll_interval, s.schedule.full_interval, s.output.metadata_heartbeat})
        if (each.count() > 0 && (shortest.count() == 0 || each < shortest))
            shortest = each;
    return shortest;
}

cycle_schedule::rules rules_of(settings const& s) {
    return {s.schedule.debounce, s.schedule.max_delay, longest_rest(s), s.schedule.full_request_interval};
}

} // namespace

app::app(settings s, std::function<loaded_settings()> reload)
    : m_settings{std::move(s), std::move(reload)},
      m_shutdown{m_loop.io},
      m_monitor{m_loop.io, m_settings.get(), to_export_config(m_settings.get())},
      m_tree{to_export_config(m_settings.get()), m_monitor},
      m_announcer{m_loop.io, m_monitor},
      m_hook{m_loop.io,
             m_settings.get().output.directory,
             {.ended = [this](hook_run::outcome const& how) { m_monitor.hook_ended(how); },
              .idle = [this] { stop_when_idle(); }}},
      m_cycles{m_loop.io,
               rules_of(m_settings.get()),
               to_export_config(m_settings.get()),
               observer(),
               {.begins =
                    [this] {
                        m_shutdown.cycle_begins();
                        m_announcer.begins();
                    },
                .ended = [this](cycle_outcome const& outcome, cycle_loop::ending how,
                                cycle_loop::circumstances why) { on_cycle_ended(outcome, how, why); }}},
      m_notifications{m_loop.io, m_settings.get().database, m_cycles, m_monitor,
                      [this] { m_announcer.hearing_changed(); }} {
    for (int const more : {SIGINT, SIGUSR2, SIGALRM})
        m_loop.signals.add(more);
    m_hook.set(m_settings.get().hooks.after_publish, m_settings.get().hooks.timeout);
    open();
    m_monitor.start_ticking();
    m_served.emplace(m_loop.io, m_settings.get().http.listen, to_export_config(m_settings.get()).datasets, m_monitor);
}

// Called on the thread of the cycle.
notes_export::cycle_observer app::observer() {
    return {.entering =
                [this](notes_export::phase p) {
                    m_monitor.entering(p);
                    m_shutdown.entering(p);
                },
            .entity = log_entity,
            .found = [this](std::string_view dataset, std::size_t n) { m_monitor.found(dataset, n); },
            .waiting = log_waiting,
            .progress = [this](notes_export::work_progress const& p) { m_monitor.progressing(p); }};
}

void app::open() {
    try {
        m_cycles.open();
        if (!m_settings.get().running.standby)
            m_hook.recall();
    } catch (notes_export::lock_held const&) {
        if (!m_settings.get().running.standby)
            throw;
        // Better told now than when the other one is gone.
        auto const problems = notes_export::mistakes_in_schemas(to_export_config(m_settings.get()));
        if (!problems.empty())
            throw notes_export::schema_error{problems.front()};
    }
}

exit_code app::run() {
    wait_for_signal();
    watchdog const alive{m_loop.io};
    m_notifications.start();
    m_hook.make_up();
    m_cycles.start(); // the first cycle does not wait for the listener: polling works without it
    logging::log(level::info, "started", "osm-notes-exportd is running",
                 {{"directory", m_settings.get().output.directory.native()}});
    systemd::ready();
    m_loop.io.run();
    if (m_cycles.running()) {
        // It waits for something that cannot be interrupted, such as the resolution of a host name or a disk that
        // hangs. It has not begun to publish, so leaving it is as safe as being killed, and kinder than being killed.
        logging::log(level::warning, "abandoned",
                     "The cycle did not end in time and was abandoned; its rows stay pending");
        leave(m_shutdown.code());
    }
    systemd::stopping();
    logging::log(level::info, "stopped", "osm-notes-exportd has stopped");
    return m_shutdown.code();
}

void app::leave(exit_code code) {
    m_hook.kill();
    std::_Exit(to_int(code));
}

void app::wait_for_signal() {
    m_loop.signals.async_wait([this](error_code const& e, int signal) {
        if (e)
            return;
        on_signal(signal);
        wait_for_signal();
    });
}

void app::on_signal(int signal) {
    if (signal == SIGUSR2 || signal == SIGALRM)
        return; // they mean nothing here, and would end the process
    bool const asks_for_a_cycle = signal == SIGHUP || signal == SIGUSR1;
    if (asks_for_a_cycle && m_shutdown.begun())
        return; // nothing new is begun any more
    if (signal == SIGHUP)
        reload();
    if (signal == SIGUSR1)
        logging::log(level::info, "cycle_requested", "SIGUSR1: one incremental cycle");
    if (asks_for_a_cycle)
        return m_cycles.requested(signal == SIGHUP);
    if (m_shutdown.begun()) {
        logging::log(level::warning, "killed", "Second request to stop: leaving at once");
        leave(exit_code::failure);
    }
    stop();
}

void app::reload() {
    systemd::reloading();
    bool const taken_over = m_settings.reload();
    m_monitor.reloaded(taken_over);
    if (taken_over) {
        auto const& s = m_settings.get();
        m_hook.set(s.hooks.after_publish, s.hooks.timeout);
        m_cycles.reconfigure(rules_of(s), to_export_config(s));
        m_monitor.rescheduled(s.schedule);
        if (s.hooks.after_publish.empty())
            m_monitor.hook_gone();
    }
    logging::log(level::info, "full_requested", "SIGHUP: full export");
    systemd::ready();
}

void app::stop() {
    m_shutdown.begin(exit_code::success);
    logging::log(level::info, "stopping", "Stopping: the running cycle ends cleanly first",
                 {{"cycle_running", m_cycles.running()}, {"hook_running", m_hook.running()}});
    systemd::stopping();
    m_notifications.stop();
    m_cycles.stop();
    m_hook.stop();
    stop_when_idle();
    m_shutdown.lose_patience_later([this] {
        if (m_cycles.running())
            m_loop.io.stop();
    });
}

void app::stop_when_idle() {
    if (m_shutdown.begun() && !m_cycles.running() && !m_hook.running())
        m_loop.io.stop();
}

void app::on_cycle_ended(cycle_outcome const& outcome, cycle_loop::ending how, cycle_loop::circumstances why) {
    if (outcome.reconfigured)
        m_monitor.reloaded(false);
    if (how == cycle_loop::ending::held)
        on_held(outcome);
    else
        m_announcer.ended(outcome, why.asked);
    if (why.unannounced)
        m_notifications.missed(outcome.report.exported());
    if (how == cycle_loop::ending::success && !m_shutdown.begun())
        m_notifications.resume(); // it had made room; the export keeps its sessions from now on
    if (how == cycle_loop::ending::failure && lacked_a_session(outcome.error))
        m_notifications.make_room();
    tell_hook(outcome, how == cycle_loop::ending::success);
    stop_when_idle();
}

// A standby's tree may be an old one for as long as it waits. From its first cycle on it is the one that counts.
void app::tell_hook(cycle_outcome const& outcome, bool success) {
    bool const took_over = success && m_hook.recall();
    m_hook.published(outcome.published); // a cycle may publish, and fail when it marks
    if (took_over)
        m_hook.make_up();
    if (m_shutdown.begun())
        m_hook.stop();
}

void app::on_held(cycle_outcome const& outcome) {
    if (m_settings.get().running.standby)
        return m_announcer.standing_by(describe(outcome.error));
    m_announcer.ended(outcome, true);
    m_shutdown.begin(exit_code::locked);
    m_cycles.stop();
}

} // namespace exportd
