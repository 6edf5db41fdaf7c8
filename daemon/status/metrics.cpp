#include "status/metrics.hpp"

#include "status/mirror_metrics.hpp"
#include "status/process_metrics.hpp"
#include "status/readiness.hpp"

#include <notes_export/dataset.hpp>
#include <notes_export/error.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <limits>
#include <mutex>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <set>
#include <sstream>

namespace exportd {

namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Registry;
using seconds = std::chrono::duration<double>;

Family<Counter>& counters(Registry& r, std::string const& name, std::string const& help) {
    return prometheus::BuildCounter().Name("osmnotes_export_" + name).Help(help).Register(r);
}

Family<Gauge>& gauges(Registry& r, std::string const& name, std::string const& help) {
    return prometheus::BuildGauge().Name("osmnotes_export_" + name).Help(help).Register(r);
}

Family<Histogram>& histograms(Registry& r, std::string const& name, std::string const& help) {
    return prometheus::BuildHistogram().Name("osmnotes_export_" + name).Help(help).Register(r);
}

double unix_seconds(std::chrono::system_clock::time_point t) {
    return seconds{t.time_since_epoch()}.count();
}

double as_double(std::integral auto n) {
    return static_cast<double>(n);
}

std::string outcome_word(cycle_outcome const& outcome) {
    try {
        if (outcome.error)
            std::rethrow_exception(outcome.error);
        return "success";
    } catch (notes_export::cancelled const&) {
        return "stopped";
    } catch (std::exception const&) {
        return "failure";
    }
}

// A file may be refused, and be of no use as it is.
std::size_t bad_documents(health_state const& s) {
    std::set<std::string> paths;
    for (auto const* const list : {&s.refused_documents, &s.looked->unusable_documents})
        for (auto const& d : *list)
            paths.insert(d.path);
    return paths.size();
}

// "ENOSPC"; bounded, as the numbers of errno are.
std::string errno_name(int error) {
    char const* const name = ::strerrorname_np(error);
    return name == nullptr ? std::to_string(error) : name;
}

Histogram::BucketBoundaries const& durations() {
    static Histogram::BucketBoundaries const steps{0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000};
    return steps;
}

} // namespace

struct metrics::families {
    Registry registry;
    process_metrics process{registry};

    Family<Gauge>& build_info = gauges(registry, "build_info", "Always 1; the label tells the version of the program.");
    Family<Gauge>& listener_state =
        gauges(registry, "listener_state",
               "1 for the state that notifications are in, 0 for the others: live, degraded "
               "(a standby, or a pooler swallows them), down.");
    Gauge& verified = gauges(registry, "listener_verified_timestamp_seconds",
                             "When a notification or a heartbeat last proved the listening session; 0 is never.")
                          .Add({});
    Family<Counter>& reconnects = counters(registry, "listener_reconnects_total",
                                           "How often the listening session was lost or not obtained, by reason.");
    Counter& received =
        counters(registry, "notifications_received_total", "Notifications of the ETL that arrived.").Add({});
    Counter& coalesced = counters(registry, "notifications_coalesced_total",
                                  "Notifications that joined an earlier one which was waiting for its cycle.")
                             .Add({});
    Counter& missed = counters(registry, "missed_notifications_total",
                               "Cycles in which polling found rows that nobody had announced.")
                          .Add({});

    Family<Counter>& cycles = counters(registry, "cycles_total", "Export cycles that ended, by mode and result.");
    Family<Histogram>& phase_duration =
        histograms(registry, "cycle_phase_duration_seconds",
                   "Time a successful cycle spent in a phase, summed over its threads; phases it did not need are left "
                   "out.");
    Family<Histogram>& cycle_duration =
        histograms(registry, "cycle_duration_seconds", "Duration of successful cycles.");
    Family<Gauge>& last_success = gauges(
        registry, "last_success_timestamp_seconds",
        "End of the last cycle that succeeded since the start, by mode; also one that found nothing to do. 0 is none.");
    Gauge& last_attempt =
        gauges(registry, "last_attempt_timestamp_seconds", "Begin of the last cycle; 0 is none yet.").Add({});

    Gauge& rows_done =
        gauges(registry, "cycle_rows_done", "Rows that the running cycle has gone through; 0: none is running.")
            .Add({});
    Gauge& rows = gauges(registry, "cycle_rows",
                         "Rows that the running cycle has to go through; 0: none is running, or not known yet.")
                      .Add({});

    Family<Gauge>& pending =
        gauges(registry, "pending_rows",
               "Rows that wait to be published, as of the last look at the database; without those "
               "in quarantine.");
    Family<Gauge>& pending_age =
        gauges(registry, "oldest_pending_age_seconds",
               "For how long a committed change may have been waiting already. Counted from the notification that no "
               "cycle has served, the loss of the listening session, the begin of the running cycle, the first of an "
               "unbroken row of cycles that failed "
               "(so an outage of the database makes it grow), or the last cycle that left rows because they changed "
               "while it ran. 0: nothing is known to wait. NaN: standby, another instance knows.");
    Family<Counter>& exported =
        counters(registry, "rows_exported_total", "Profiles that were published because they are new or differ.");
    Family<Counter>& files =
        counters(registry, "files_total", "Files of successful cycles: written, found unchanged, deleted.");
    Family<Gauge>& quarantined =
        gauges(registry, "quarantined_rows", "Rows that do not fit their schema; their old file stays published.");
    Family<Counter>& validation_failures =
        counters(registry, "validation_failures_total",
                 "Documents that did not fit their schema for the first time, by schema.");
    Counter& conflicts = counters(registry, "mark_conflicts_total",
                                  "Rows that changed or were locked while they were exported; they come again.")
                             .Add({});

    Family<Counter>& hook_runs = counters(registry, "hook_runs_total",
                                          "Runs of [hooks] after_publish that ended, or could not begin, by result.");
    Gauge& hook_failing =
        gauges(registry, "hook_failing", "1 while the last run of [hooks] after_publish failed, 0 otherwise.").Add({});
    Gauge& unusable = gauges(registry, "unusable_documents",
                             "Files of one row, such as global_stats.json, that are not there, damaged, refused by "
                             "their schema, or without a value that readers need.")
                          .Add({});

    Gauge& other_seen = gauges(registry, "other_exporter_seen_timestamp_seconds",
                               "When traces of another program that exports the same data were last found; 0: not "
                               "within a day.")
                            .Add({});
    Gauge& generation =
        gauges(registry, "published_generation", "Generation of metadata.json; 0 is not known yet.").Add({});
    Family<Gauge>& published = gauges(registry, "published_files", "Profiles in the published tree, by kind.");
    Family<Gauge>& index_size = gauges(registry, "index_size_bytes", "Size of a published index.");
    Family<Gauge>& available = gauges(registry, "filesystem_avail_bytes",
                                      "Space left for the daemon on the file system of the published tree.");
    Family<Counter>& db_errors = counters(
        registry, "db_errors_total",
        "Cycles that failed because of the database, by class of the SQLSTATE; \"none\": the server gave none, "
        "as when the connection is lost.");
    Family<Counter>& io_errors =
        counters(registry, "io_errors_total", "Cycles that failed because of the file system, by operation and errno.");
    Gauge& missing_parts =
        gauges(registry, "install_missing_parts",
               "Triggers and tables of install.sql that are missing or switched off: changes are found late.")
            .Add({});
    Gauge& reads_from_standby = gauges(registry, "reads_from_standby",
                                       "1 while rows are read from the standby of [database] read_conninfo, 0 while "
                                       "they are read from the primary; as of the last cycle that succeeded. "
                                       "NaN: none is configured, or nothing was read yet.")
                                    .Add({});
    Gauge& reload_successful =
        gauges(registry, "config_last_reload_successful",
               "1 while the configuration as it was last to be read is in force, 0 after a reload with mistakes.")
            .Add({});
    Gauge& reload_time = gauges(registry, "config_last_reload_success_timestamp_seconds",
                                "When the configuration that is in force was read.")
                             .Add({});
    Gauge& shrink_guard = gauges(registry, "shrink_guard_active",
                                 "1 while files stay whose rows are gone, because suspiciously many are; 0 otherwise.")
                              .Add({});

    std::mutex showing; ///< each server has a thread of its own

    void count_report(notes_export::cycle_report const& r);
    void count_error(std::exception_ptr const& error);
    void show_listener(health_state const& s);
    void show_dataset(health_state const& s, dataset_health const& d);
    void show(health_state const& s);
};

// Series that may stay at zero for ever are there from the beginning: an alert on their rise needs the zero before it.
metrics::metrics(std::vector<notes_export::dataset> const& datasets,
                 std::vector<notes_export::document> const& documents)
    : m_families{std::make_unique<families>()} {
    auto& f = *m_families;
    f.build_info.Add({{"version", EXPORTD_VERSION}}).Set(1);
    for (auto const mode : {"incremental", "full"})
        for (auto const result : {"success", "failure", "stopped"})
            f.cycles.Add({{"mode", mode}, {"result", result}});
    for (auto const mode : {"incremental", "full"})
        f.last_success.Add({{"mode", mode}});
    for (auto const why :
         {listener::cause::connection, listener::cause::standby, listener::cause::pooler, listener::cause::heartbeat})
        f.reconnects.Add({{"reason", std::string{to_string(why)}}});
    for (auto const action : {"written", "unchanged", "deleted"})
        f.files.Add({{"action", action}});
    for (auto const result : {"success", "failure"})
        f.hook_runs.Add({{"result", result}});
    for (auto const& d : datasets) {
        f.exported.Add({{"dataset", d.name}});
        for (auto const& schema : {d.profile_schema, d.index_schema})
            if (!schema.empty())
                f.validation_failures.Add({{"schema", schema}});
    }
    for (auto const& d : documents)
        if (!d.schema.empty())
            f.validation_failures.Add({{"schema", d.schema}});
    f.db_errors.Add({{"sqlstate_class", "none"}});
}

metrics::~metrics() = default;

void metrics::notified(bool coalesced) {
    m_families->received.Increment();
    if (coalesced)
        m_families->coalesced.Increment();
}

void metrics::missed_notification() {
    m_families->missed.Increment();
}

void metrics::reconnecting(listener::cause why) {
    m_families->reconnects.Add({{"reason", std::string{to_string(why)}}}).Increment();
}

void metrics::cycle_ended(cycle_outcome const& outcome) {
    auto& f = *m_families;
    f.cycles.Add({{"mode", std::string{to_string(outcome.report.mode)}}, {"result", outcome_word(outcome)}})
        .Increment();
    if (outcome.error)
        f.count_error(outcome.error);
    else
        f.count_report(outcome.report);
}

void metrics::hook_ended(bool success) {
    m_families->hook_runs.Add({{"result", success ? "success" : "failure"}}).Increment();
}

void metrics::families::count_report(notes_export::cycle_report const& r) {
    cycle_duration.Add({{"mode", std::string{to_string(r.mode)}}}, durations()).Observe(seconds{r.duration}.count());
    for (std::size_t i = 0; i < notes_export::phase_count; ++i) {
        auto const p = static_cast<notes_export::phase>(i);
        if (r.phases.of(p).count() > 0)
            phase_duration.Add({{"phase", std::string{to_string(p)}}}, durations())
                .Observe(seconds{r.phases.of(p)}.count());
    }
    for (auto const& d : r.datasets)
        exported.Add({{"dataset", d.name}}).Increment(as_double(d.exported));
    files.Add({{"action", "written"}}).Increment(as_double(r.files_written));
    files.Add({{"action", "unchanged"}}).Increment(as_double(r.unchanged()));
    files.Add({{"action", "deleted"}}).Increment(as_double(r.files_removed));
    for (auto const& [schema, n] : r.validation_failures)
        validation_failures.Add({{"schema", schema}}).Increment(as_double(n));
    conflicts.Increment(as_double(r.mark_conflicts()));
}

void metrics::families::count_error(std::exception_ptr const& error) {
    try {
        std::rethrow_exception(error);
    } catch (notes_export::database_error const& e) {
        auto const& state = e.sqlstate();
        db_errors.Add({{"sqlstate_class", state.size() == 5 ? state.substr(0, 2) : "none"}}).Increment();
    } catch (notes_export::file_error const& e) {
        io_errors.Add({{"op", e.operation()}, {"errno", errno_name(e.code().value())}}).Increment();
    } catch (std::system_error const& e) {
        io_errors.Add({{"op", "other"}, {"errno", errno_name(e.code().value())}}).Increment();
    } catch (notes_export::validation_error const& e) {
        validation_failures.Add({{"schema", e.schema()}}).Increment();
    } catch (std::exception const&) { // counted as a cycle that failed
    }
}

void metrics::families::show_listener(health_state const& s) {
    for (auto const h : {hearing::live, hearing::degraded, hearing::down})
        listener_state.Add({{"state", std::string{to_string(h)}}}).Set(s.listener == h ? 1 : 0);
    verified.Set(s.verified ? unix_seconds(*s.verified) : 0);
}

void metrics::families::show_dataset(health_state const& s, dataset_health const& d) {
    auto const age = oldest_pending_age(s, d, std::chrono::steady_clock::now());
    pending.Add({{"dataset", d.name}}).Set(as_double(d.pending));
    pending_age.Add({{"dataset", d.name}}).Set(age ? seconds{*age}.count() : std::numeric_limits<double>::quiet_NaN());
    quarantined.Add({{"dataset", d.name}}).Set(as_double(d.quarantined));
    published.Add({{"kind", d.name}}).Set(as_double(d.published));
    if (d.index_bytes)
        index_size.Add({{"index", d.name}}).Set(as_double(*d.index_bytes));
}

void metrics::families::show(health_state const& s) {
    show_listener(s);
    bool guarded = false;
    for (auto const& d : s.datasets) {
        show_dataset(s, d);
        guarded = guarded || d.shrink_held;
    }
    shrink_guard.Set(guarded ? 1 : 0);
    for (auto const& [mode, when] : s.succeeded)
        last_success.Add({{"mode", std::string{to_string(mode)}}}).Set(unix_seconds(when));
    missing_parts.Set(as_double(s.missing.size()));
    reads_from_standby.Set(s.read.standby ? 1 : s.read.error.empty() ? std::numeric_limits<double>::quiet_NaN() : 0);
    reload_successful.Set(s.reload_failed ? 0 : 1);
    reload_time.Set(unix_seconds(s.reloaded));
    last_attempt.Set(s.attempted ? unix_seconds(*s.attempted) : 0);
    rows_done.Set(as_double(s.rows_done));
    rows.Set(as_double(s.rows));
    generation.Set(as_double(s.generation));
    hook_failing.Set(s.hook.problem.empty() ? 0 : 1);
    unusable.Set(as_double(bad_documents(s)));
    other_seen.Set(s.looked->other ? as_double(s.looked->other->last) : 0);
    if (s.available_bytes)
        available.Add({}).Set(as_double(*s.available_bytes));
    process.show(s.started);
}

std::string metrics::text(health_state const& s) {
    std::lock_guard const lock{m_families->showing};
    m_families->show(s);
    auto collected = m_families->registry.Collect();
    std::ranges::move(mirror_families(s.looked->mirrors), std::back_inserter(collected));
    std::ostringstream out;
    prometheus::TextSerializer{}.Serialize(out, collected);
    return out.str();
}

} // namespace exportd
