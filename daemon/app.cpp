#include "app.hpp"

#include "log/cycle_log.hpp"
#include "settings/export_settings.hpp"
#include "log/logging.hpp"
#include "schedule/full_request.hpp"
#include "settings/password_file.hpp"
#include "systemd.hpp"

#include <notes_export/error.hpp>

#include <csignal>
#include <cstdlib>

namespace exportd {

namespace {

using logging::level;
using clock = std::chrono::steady_clock;

// How soon a standby notices that the tree is free.
constexpr std::chrono::seconds standby_interval{1};
// A cycle ends within milliseconds of being asked to, unless the system does not let it.
constexpr std::chrono::seconds stop_patience{5};

std::string_view explain(listener::cause c) {
    switch (c) {
    case listener::cause::standby:
        return "Not listening: the server is a standby; trying again until it is promoted";
    case listener::cause::pooler:
        return "Not listening: notifications do not get through. A connection pooler in transaction mode, such as "
               "PgBouncer, does that: let conninfo name the server itself. Polling goes on";
    case listener::cause::heartbeat:
        return "Not listening: the server does not answer on the listening session; reconnecting, polling goes on";
    case listener::cause::connection:
        break;
    }
    return "Not listening: no connection; trying again, polling goes on";
}

cycle_schedule::rules rules_of(schedule_settings const& s) {
    return {s.debounce, s.max_delay, s.poll_interval, s.full_request_interval};
}

} // namespace

app::app(settings s, std::function<loaded_settings()> reload)
    : m_settings{std::move(s)},
      m_reload{std::move(reload)},
      m_signals{m_io, SIGHUP, SIGUSR1, SIGTERM},
      m_due{m_io},
      m_watchdog{m_io},
      m_patience{m_io},
      m_schedule{rules_of(m_settings.schedule), clock::now()},
      m_monitor{m_io, m_settings},
      m_hook{m_io,
             m_settings.output.directory,
             {.ended = [this](bool success) { m_monitor.hook_ended(success); }, .idle = [this] { stop_when_idle(); }}},
      m_runner{m_io,
               to_export_config(m_settings),
               {.entering = [this](notes_export::phase p) { entering(p); },
                .entity = log_entity,
                .found = [this](std::string_view dataset, std::size_t n) { m_monitor.found(dataset, n); },
                .waiting = log_waiting},
               [this](cycle_outcome const& outcome) { on_cycle_done(outcome); }},
      m_listener{m_io,
                 m_settings.database.conninfo,
                 password_of(m_settings.database.password_file),
                 application_name(),
                 m_settings.database.channel,
                 listener_handlers(),
                 {}} {
    m_signals.add(SIGINT);
    m_hook.set(m_settings.hooks.after_publish);
    try {
        m_runner.open();
    } catch (notes_export::lock_held const&) {
        if (!m_settings.running.standby)
            throw;
        // Better told now than when the other one is gone.
        if (auto const problems = notes_export::check_schemas(to_export_config(m_settings)); !problems.empty())
            throw notes_export::schema_error{problems.front()};
    }
    m_monitor.serve();
}

listener::handlers app::listener_handlers() {
    return {.notified = [this](std::string_view payload) { on_notification(payload); },
            .live = [this] { on_live(); },
            .lost = [this](listener::failure const& f) { on_lost(f); },
            .verified = [this] { m_monitor.verified(); }};
}

// From the sync on a cycle is finished rather than abandoned, also when the service is being stopped. Runs on the
// cycle's thread.
void app::entering(notes_export::phase p) {
    m_phase = p;
    m_monitor.entering(p);
    if (m_stopping && p >= notes_export::phase::sync)
        systemd::extend_timeout(std::chrono::minutes{1});
}

exit_code app::run() {
    wait_for_signal();
    feed_watchdog();
    m_listener.start();
    arm(); // the first cycle does not wait for the listener: polling works without it
    logging::log(level::info, "started", "osm-notes-exportd is running",
                 {{"directory", m_settings.output.directory.native()}});
    systemd::ready();
    m_io.run();
    if (m_runner.running())
        leave();
    systemd::stopping();
    logging::log(level::info, "stopped", "osm-notes-exportd has stopped");
    return m_exit;
}

// The cycle waits for something that cannot be interrupted, such as the resolution of a host name or a disk that hangs.
// It has not begun to publish, so leaving it is as safe as being killed, and kinder than being killed.
void app::leave() {
    logging::log(level::warning, "abandoned", "The cycle did not end in time and was abandoned; its rows stay pending");
    m_hook.kill();
    std::_Exit(to_int(m_exit));
}

void app::wait_for_signal() {
    m_signals.async_wait([this](error_code const& e, int signal) { on_signal(e, signal); });
}

void app::on_signal(error_code const& e, int signal) {
    if (e)
        return;
    if (m_stopping && (signal == SIGHUP || signal == SIGUSR1))
        return wait_for_signal(); // nothing new is begun any more
    switch (signal) {
    case SIGHUP:
        reload();
        m_schedule.requested(clock::now(), true);
        arm();
        break;
    case SIGUSR1:
        logging::log(level::info, "cycle_requested", "SIGUSR1: one incremental cycle");
        m_schedule.requested(clock::now(), false);
        arm();
        break;
    default:
        if (m_stopping) {
            logging::log(level::warning, "killed", "Second request to stop: leaving at once");
            m_hook.kill();
            std::_Exit(to_int(exit_code::failure));
        }
        stop();
    }
    wait_for_signal();
}

void app::stop() {
    m_stopping = true;
    logging::log(level::info, "stopping", "Stopping: the running cycle ends cleanly first",
                 {{"cycle_running", m_runner.running()}, {"hook_running", m_hook.running()}});
    systemd::stopping();
    m_listener.stop();
    m_due.cancel();
    m_runner.request_stop();
    m_hook.stop();
    stop_when_idle();
    m_patience.expires_after(stop_patience);
    m_patience.async_wait([this](error_code const& e) {
        if (!e && m_runner.running() && m_phase < notes_export::phase::sync)
            m_io.stop();
    });
}

void app::stop_when_idle() {
    if (m_stopping && !m_runner.running() && !m_hook.running())
        m_io.stop();
}

void app::reload() {
    systemd::reloading();
    auto const next = m_reload();
    auto merged = m_settings;
    take_over(merged, next.value);
    std::vector<std::string> mistakes;
    for (auto const& m : next.mistakes)
        mistakes.push_back(m.text());
    if (mistakes.empty())
        mistakes = notes_export::check_schemas(to_export_config(merged));
    for (auto const& text : mistakes)
        logging::log(level::error, "setting_refused", text, {});
    if (!mistakes.empty())
        logging::log(level::error, "reload_failed", "The configuration has mistakes; the old one stays in force",
                     {{"mistakes", mistakes.size()}});
    else if (open_log(next.value.log))
        apply(next.value, std::move(merged));
    logging::log(level::info, "full_requested", "SIGHUP: full export");
    systemd::ready();
}

bool app::open_log(logging::config const& next) const {
    try {
        if (next == m_settings.log)
            logging::reopen(); // logrotate asks for it with the same signal
        else
            logging::configure(next);
        return true;
    } catch (std::system_error const& e) {
        logging::log(level::error, "reload_failed", "The log file could not be opened; the old settings stay in force",
                     {{"error", e.what()}});
        return false;
    }
}

void app::apply(settings const& next, settings merged) {
    for (auto const& key : needs_restart(m_settings, next))
        logging::log(level::warning, "restart_needed", "This setting changes with the next restart",
                     {{"setting", key}});
    m_settings = std::move(merged);
    m_hook.set(m_settings.hooks.after_publish);
    m_schedule.set(rules_of(m_settings.schedule));
    m_monitor.rescheduled(m_settings.schedule);
    m_reconfigure = to_export_config(m_settings);
}

void app::on_notification(std::string_view payload) {
    logging::log(level::debug, "notified", "Notification received", {{"payload", payload.substr(0, 200)}});
    m_missed.notified();
    m_monitor.notified(m_schedule.is_notified());
    m_schedule.notified(clock::now(), asks_for_full(payload));
    arm();
}

void app::on_live() {
    logging::log(level::info, "listening", "Listening for notifications",
                 {{"channel", m_settings.database.channel}, {"backend_pid", m_listener.backend_pid()}});
    m_deaf.reset();
    m_monitor.listening();
    m_schedule.listening(clock::now());
    arm();
}

void app::on_lost(listener::failure const& f) {
    logging::log(
        m_deaf == f.why ? level::debug : level::error, "listener_lost", explain(f.why),
        {{"cause", to_string(f.why)}, {"error", f.error}, {"sqlstate", f.sqlstate}, {"retry_ms", f.next.count()}});
    m_monitor.lost(f);
    m_deaf = f.why;
    m_schedule.deaf(clock::now());
    arm();
}

/// Sets the timer to when a cycle is due.
void app::arm() {
    auto const at = m_schedule.due();
    if (m_stopping || !at) {
        m_due.cancel();
        return;
    }
    m_due.expires_at(*at);
    m_due.async_wait([this](error_code const& e) {
        if (!e)
            start_cycle();
    });
}

void app::start_cycle() {
    if (m_runner.running() || m_stopping)
        return;
    auto const [full, polled] = m_schedule.begin(clock::now());
    m_polled = polled;
    m_phase = notes_export::phase::detect;
    ++m_cycle;
    m_monitor.cycle_begins();
    m_runner.start({.request = {.full = full}, .reconfigure = std::exchange(m_reconfigure, {})});
}

void app::on_cycle_done(cycle_outcome const& outcome) {
    try {
        if (outcome.error)
            std::rethrow_exception(outcome.error);
        m_schedule.succeeded(clock::now());
        end_of_cycle(outcome);
        m_retry.reset();
        judge_poll(outcome.report);
        if (m_listener.is_stopped() && !m_stopping) // it had made room; the export keeps its sessions from now on
            m_listener.start();
    } catch (notes_export::lock_held const& e) {
        if (m_settings.running.standby) {
            stand_by(e.what(), outcome);
        } else {
            end_of_cycle(outcome);
            m_exit = exit_code::locked;
            m_stopping = true;
        }
    } catch (...) {
        end_of_cycle(outcome);
        retry_after_failure(outcome);
    }
    m_hook.published(outcome.published); // a cycle may publish, and fail when it marks
    if (m_stopping)
        m_hook.stop();
    stop_when_idle();
    arm();
}

void app::end_of_cycle(cycle_outcome const& outcome) {
    if (!m_standby_for.empty() && !outcome.error) {
        logging::log(level::info, "took_over", "The other instance is gone; this one is at work now",
                     {{"before", m_standby_for}});
        m_standby_for.clear();
    }
    m_monitor.cycle_ended(outcome);
    bool const known = outcome.error && m_failure.known(describe(outcome.error), clock::now());
    if (!outcome.error)
        m_failure.over();
    log_cycle(m_cycle, outcome, known);
    auto line = status_line(m_cycle, outcome);
    if (m_deaf)
        line += "; no notifications (" + std::string{to_string(*m_deaf)} + "), polling";
    systemd::status(line);
}

void app::try_again_after(clock::duration pause, cycle_outcome const& outcome) {
    m_schedule.failed(clock::now(), pause, outcome.report.mode == notes_export::cycle_mode::full);
}

void app::stand_by(std::string const& holder, cycle_outcome const& outcome) {
    if (m_standby_for != holder)
        logging::log(level::info, "standby", "Another instance is at work; waiting to take over", {{"error", holder}});
    m_standby_for = holder;
    m_monitor.standing_by(holder);
    systemd::status("Standby: " + holder);
    --m_cycle; // there was none
    try_again_after(standby_interval, outcome);
}

void app::retry_after_failure(cycle_outcome const& outcome) {
    try_again_after(m_retry.next(), outcome);
    if (lacked_a_session(outcome.error))
        m_listener.make_room("its session is given back, as server or role has no room for another one and the export "
                             "needs it");
}

void app::judge_poll(notes_export::cycle_report const& report) {
    if (!m_polled || m_schedule.is_notified() || report.mode == notes_export::cycle_mode::full || report.exported() == 0)
        return;
    m_monitor.missed_notification();
    switch (m_missed.found(clock::now())) {
    case missed_notifications::verdict::first:
        logging::log(level::info, "notification_missed",
                     "Rows were exported that no notification had announced; polling found them",
                     {{"exported", report.exported()}, {"missed", m_missed.count()}});
        break;
    case missed_notifications::verdict::silent:
        logging::log(level::warning, "notification_missed",
                     "For half an hour rows were found by polling alone: does the ETL NOTIFY this channel?",
                     {{"channel", m_settings.database.channel}, {"missed", m_missed.count()}});
        break;
    case missed_notifications::verdict::known:
        break;
    }
}

void app::feed_watchdog() {
    auto const interval = systemd::watchdog_interval();
    if (!interval)
        return;
    systemd::watchdog_ping();
    m_watchdog.expires_after(*interval / 3);
    m_watchdog.async_wait([this](error_code const& e) {
        if (!e)
            feed_watchdog();
    });
}

} // namespace exportd
