#include "app.hpp"

#include "cycle_log.hpp"
#include "export_settings.hpp"
#include "logging.hpp"
#include "systemd.hpp"

#include <notes_export/error.hpp>

#include <csignal>
#include <cstdlib>
#include <rapidjson/document.h>

namespace exportd {

namespace {

using logging::level;
using clock = std::chrono::steady_clock;

// {"full":true}; anything else is a plain hint.
bool asks_for_full(std::string_view payload) {
    rapidjson::Document d;
    d.Parse(payload.data(), payload.size());
    if (d.HasParseError() || !d.IsObject())
        return false;
    auto const full = d.FindMember("full");
    return full != d.MemberEnd() && full->value.IsTrue();
}

} // namespace

app::app(settings s, std::function<loaded_settings()> reload)
    : m_settings{std::move(s)},
      m_reload{std::move(reload)},
      m_signals{m_io, SIGHUP, SIGUSR1, SIGTERM},
      m_due{m_io},
      m_watchdog{m_io},
      m_debouncer{m_settings.schedule.debounce, m_settings.schedule.max_delay},
      m_runner{m_io,
               notes_export::exporter{
                   to_export_config(m_settings),
                   {.entering = [this](notes_export::phase p) { announce_phase(p); }, .entity = log_entity}},
               [this](cycle_outcome const& outcome) { on_cycle_done(outcome); }},
      m_listener{m_io,
                 m_settings.database.conninfo,
                 application_name() + ": listener",
                 m_settings.database.channel,
                 {.notified = [this](std::string_view payload) { on_notification(payload); },
                  .live =
                      [this] {
                          logging::log(
                              level::info, "listening", "Listening for notifications",
                              {{"channel", m_settings.database.channel}, {"backend_pid", m_listener.backend_pid()}});
                          m_listener_down = false;
                          want(false); // whatever was committed before LISTEN took effect sent us nothing
                      },
                  .lost = [this](std::string const& error, std::string const& sqlstate,
                                 std::chrono::milliseconds next) { on_lost(error, sqlstate, next); }}} {
    m_signals.add(SIGINT);
}

// From the sync on a cycle is finished rather than abandoned, also when the service is being stopped. Runs on the
// cycle's thread.
void app::announce_phase(notes_export::phase p) const {
    if (m_stopping && p >= notes_export::phase::sync)
        systemd::extend_timeout(std::chrono::minutes{1});
}

exit_code app::run() {
    wait_for_signal();
    feed_watchdog();
    m_poll_at = clock::now();
    m_listener.start();
    arm(); // the first cycle does not wait for the listener: polling works without it
    logging::log(level::info, "started", "osm-notes-exportd is running",
                 {{"directory", m_settings.output.directory.native()}});
    systemd::ready();
    m_io.run();
    systemd::stopping();
    logging::log(level::info, "stopped", "osm-notes-exportd has stopped");
    return m_exit;
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
        want(true);
        break;
    case SIGUSR1:
        logging::log(level::info, "cycle_requested", "SIGUSR1: one incremental cycle");
        want(false);
        break;
    default:
        if (m_stopping) {
            logging::log(level::warning, "killed", "Second request to stop: leaving at once");
            std::_Exit(to_int(exit_code::failure));
        }
        stop();
    }
    wait_for_signal();
}

void app::stop() {
    m_stopping = true;
    logging::log(level::info, "stopping", "Stopping: the running cycle ends cleanly first",
                 {{"cycle_running", m_runner.running()}});
    systemd::stopping();
    m_listener.stop();
    m_due.cancel();
    m_runner.request_stop();
    if (!m_runner.running())
        m_io.stop();
}

void app::reload() {
    systemd::reloading();
    auto const next = m_reload();
    for (auto const& m : next.mistakes)
        logging::log(level::error, "setting_refused", m.text(), {});
    if (next.mistakes.empty())
        apply(next.value);
    else
        logging::log(level::error, "reload_failed", "The configuration has mistakes; the old one stays in force",
                     {{"mistakes", next.mistakes.size()}});
    logging::log(level::info, "full_requested", "SIGHUP: full export");
    systemd::ready();
}

void app::apply(settings const& next) {
    try {
        if (next.log == m_settings.log)
            logging::reopen(); // logrotate asks for it with the same signal
        else
            logging::configure(next.log);
    } catch (std::system_error const& e) {
        logging::log(level::error, "reload_failed", "The log file could not be opened; logging goes on as before",
                     {{"error", e.what()}});
    }
    for (auto const& key : needs_restart(m_settings, next))
        logging::log(level::warning, "restart_needed", "This setting changes with the next restart",
                     {{"setting", key}});
    m_settings.log = next.log;
    m_settings.schedule = next.schedule;
    m_settings.output.metadata_heartbeat = next.output.metadata_heartbeat;
    m_settings.exporting.batch_size = next.exporting.batch_size;
    m_settings.exporting.validation = next.exporting.validation;
    m_settings.exporting.schema_dir = next.exporting.schema_dir;
    m_debouncer.set(m_settings.schedule.debounce, m_settings.schedule.max_delay);
    m_reconfigure = to_export_config(m_settings);
}

void app::on_notification(std::string_view payload) {
    logging::log(level::debug, "notified", "Notification received", {{"payload", payload.substr(0, 200)}});
    if (asks_for_full(payload))
        m_full_wanted = true;
    m_debouncer.hint(clock::now());
    arm();
}

void app::on_lost(std::string const& error, std::string const& sqlstate, std::chrono::milliseconds next) {
    logging::log(m_listener_down ? level::debug : level::error, "listener_lost",
                 "Not listening: notifications are missed until it is back, polling goes on",
                 {{"error", error}, {"sqlstate", sqlstate}, {"retry_ms", next.count()}});
    m_listener_down = true;
}

/// One cycle as soon as possible.
void app::want(bool full) {
    m_full_wanted = m_full_wanted || full;
    m_poll_at = clock::now();
    m_retry_at.reset();
    arm();
}

/// Sets the timer to the earliest reason for a cycle; a running cycle sets it when it ends.
void app::arm() {
    if (m_stopping || m_runner.running())
        return;
    auto at = m_poll_at;
    if (auto const due = m_debouncer.due())
        at = std::min(at, *due);
    if (m_retry_at)
        at = *m_retry_at; // after a failure nothing is hurried
    m_due.expires_at(at);
    m_due.async_wait([this](error_code const& e) {
        if (!e)
            start_cycle();
    });
}

void app::start_cycle() {
    if (m_runner.running() || m_stopping)
        return;
    m_debouncer.served();
    m_retry_at.reset();
    m_poll_at = clock::time_point::max();
    ++m_cycle;
    m_runner.start(
        {.request = {.full = std::exchange(m_full_wanted, false)}, .reconfigure = std::exchange(m_reconfigure, {})});
}

void app::on_cycle_done(cycle_outcome const& outcome) {
    log_cycle(m_cycle, outcome);
    systemd::status(status_line(m_cycle, outcome));
    bool const again = m_poll_at != clock::time_point::max(); // wanted while it ran
    auto const interval = m_settings.schedule.poll_interval;
    if (!again)
        m_poll_at = interval.count() == 0 ? clock::time_point::max() : clock::now() + interval;
    if (outcome.error) {
        m_full_wanted = m_full_wanted || outcome.report.mode == notes_export::cycle_mode::full;
        m_retry_at = clock::now() + m_retry.next();
        try {
            std::rethrow_exception(outcome.error);
        } catch (notes_export::lock_held const&) {
            m_exit = exit_code::locked;
            m_stopping = true;
        } catch (...) { // logged above; the retry mends what can be mended
        }
    } else {
        m_retry.reset();
    }
    if (m_stopping)
        m_io.stop();
    arm();
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
