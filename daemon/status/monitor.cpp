#include "status/monitor.hpp"

#include <notes_export/utc_text.hpp>

#include <algorithm>

namespace exportd {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::seconds tick_interval{1};

dataset_health& of(health_state& s, std::string_view dataset) {
    auto const found = std::ranges::find(s.datasets, dataset, &dataset_health::name);
    return found != s.datasets.end() ? *found : s.datasets.emplace_back(dataset_health{.name = std::string{dataset}});
}

notes_export::run_status as_run(cycle_outcome const& outcome) {
    auto const& r = outcome.report;
    return {notes_export::utc_text(r.finished),
            std::string{to_string(r.mode)},
            outcome.error ? "failure" : "success",
            r.reason,
            outcome.error ? describe(outcome.error) : "",
            static_cast<std::int64_t>(r.exported()),
            static_cast<std::int64_t>(r.files_written),
            static_cast<std::int64_t>(r.files_removed),
            static_cast<std::int64_t>(r.in_quarantine()),
            static_cast<std::int64_t>(r.bytes_written),
            std::chrono::duration<double, std::milli>{r.duration}.count()};
}

void keep(health_state& s, std::vector<notes_export::run_status> runs) {
    if (runs.size() > remembered_runs)
        runs.erase(runs.begin(), runs.end() - remembered_runs);
    s.runs = std::make_shared<std::vector<notes_export::run_status> const>(std::move(runs));
}

// Runs of before the start; what this process recorded itself is known already.
void prepend(health_state& s, std::vector<notes_export::run_status> const& earlier) {
    auto runs = *s.runs;
    for (auto const& run : earlier)
        if (run.finished_at < notes_export::utc_text(s.started))
            runs.insert(runs.begin(), run);
    keep(s, std::move(runs));
}

void append(health_state& s, notes_export::run_status run) {
    auto runs = *s.runs;
    runs.push_back(std::move(run));
    keep(s, std::move(runs));
}

void take(health_state& s, notes_export::dataset_report const& r, bool full, std::optional<clock::time_point> began) {
    auto& d = of(s, r.name);
    d.pending = r.pending;
    d.waiting_since = r.pending > 0 ? began : std::nullopt;
    d.quarantined = r.quarantined;
    d.published = r.total;
    d.index_held = r.index_held;
    bool const looked = full || r.shrink_refused > 0 || r.published > 0 || r.removed > 0;
    if (!looked) // the cycle had no need to
        return;
    d.shrink_held = r.shrink_refused > 0;
    d.held = r.shrink_refused;
    d.held_of = r.shrink_of;
}

void succeeded(health_state& s, cycle_outcome const& outcome) {
    auto const& r = outcome.report;
    s.failing.reset();
    s.last_success = clock::now();
    s.succeeded[r.mode] = r.finished;
    s.error.clear();
    s.error_since.reset();
    s.standby_for.clear();
    s.warnings = r.warnings;
    s.missing = r.missing;
    s.read = r.read;
    s.refused_documents = r.refused_documents;
    s.generation = r.generation;
    s.version = r.version;
    for (auto const& d : r.datasets)
        take(s, d, r.mode == notes_export::cycle_mode::full, s.running);
    s.quarantined = std::make_shared<std::vector<notes_export::quarantined_row> const>(outcome.in_quarantine);
    if (worth_recording(r))
        s.last_cycle = {r.mode, r.phases, r.duration, r.finished};
}

void failed(health_state& s, cycle_outcome const& outcome) {
    auto const& r = outcome.report;
    s.failing = std::min(s.failing.value_or(clock::time_point::max()), s.running.value_or(clock::now()));
    s.error = s.last_error = describe(outcome.error);
    s.last_error_at = r.finished;
    s.error_since = s.error_since.value_or(r.finished);
    s.standby_for.clear(); // whoever was at work is no longer what keeps this one from it
}

void no_cycle_runs(health_state& s) {
    s.running.reset();
    s.running_since.reset();
    s.rows_done = s.rows = 0;
}

} // namespace

monitor::monitor(asio::io_context& io, settings const& s, notes_export::export_config const& config)
    : m_health{s.output.directory, config.datasets}, m_metrics{config.datasets, config.documents}, m_tick{io} {
    rescheduled(s.schedule);
}

void monitor::tick() {
    m_health.tick();
    m_tick.expires_after(tick_interval);
    m_tick.async_wait([this](error_code const& e) {
        if (!e)
            tick();
    });
}

void monitor::notified(bool coalesced) {
    m_metrics.notified(coalesced);
    m_health.update([](health_state& s) { s.notified = s.notified.value_or(clock::now()); });
}

void monitor::listening() {
    m_health.update([](health_state& s) {
        s.listener = hearing::live;
        s.listener_problem.clear();
    });
}

void monitor::verified() {
    m_health.update([](health_state& s) { s.verified = std::chrono::system_clock::now(); });
}

void monitor::lost(listener::failure const& f) {
    m_metrics.reconnecting(f.why);
    bool const answers = f.why == listener::cause::standby || f.why == listener::cause::pooler;
    m_health.update([&](health_state& s) {
        if (s.listener == hearing::live)
            s.notified = s.notified.value_or(clock::now()); // from now on changes come unheard
        s.listener = answers ? hearing::degraded : hearing::down;
        s.listener_problem = std::string{to_string(f.why)} + ": " + f.error;
    });
}

void monitor::cycle_begins() {
    m_health.update([](health_state& s) {
        s.attempted = std::chrono::system_clock::now();
        s.running_since = clock::now();
        s.running = s.notified.value_or(*s.running_since);
        s.rows_done = s.rows = 0;
        s.speed = {};
        s.notified.reset();
        s.phase = notes_export::phase::detect;
    });
}

void monitor::progressing(notes_export::work_progress const& p) {
    m_health.update([&](health_state& s) {
        s.rows_done = p.done;
        s.rows = p.of;
        s.speed.at(clock::now(), p.done);
    });
}

void monitor::entering(notes_export::phase p) {
    m_health.update([p](health_state& s) { s.phase = p; });
}

void monitor::found(std::string_view dataset, std::size_t pending) {
    m_health.update([&](health_state& s) { of(s, dataset).pending = pending; });
}

void monitor::cycle_ended(cycle_outcome const& outcome) {
    m_metrics.cycle_ended(outcome);
    m_health.update([&](health_state& s) {
        if (outcome.error)
            failed(s, outcome);
        else
            succeeded(s, outcome);
        no_cycle_runs(s);
        if (outcome.figures.available_bytes)
            s.available_bytes = outcome.figures.available_bytes;
        for (auto& d : s.datasets)
            if (auto const size = outcome.figures.index_bytes.find(d.name); size != outcome.figures.index_bytes.end())
                d.index_bytes = size->second;
        if (!outcome.earlier.empty())
            prepend(s, outcome.earlier);
        if (outcome.error || worth_recording(outcome.report))
            append(s, as_run(outcome));
    });
}

void monitor::hook_ended(hook_run::outcome const& how) {
    m_metrics.hook_ended(how.problem.empty());
    m_health.update([&](health_state& s) {
        auto const now = std::chrono::system_clock::now();
        s.hook.problem = how.problem;
        s.hook.last_line = how.last_line;
        if (how.problem.empty()) {
            s.hook.failing_since.reset();
            s.hook.succeeded = now;
        } else {
            s.hook.failing_since = s.hook.failing_since.value_or(now);
        }
    });
}

void monitor::hook_gone() {
    m_health.update([](health_state& s) { s.hook = {}; });
}

void monitor::looked(tree_look seen) {
    auto now_seen = std::make_shared<tree_look const>(std::move(seen));
    m_health.update([&](health_state& s) { s.looked.swap(now_seen); });
}

void monitor::standing_by(std::string const& holder) {
    m_health.update([&](health_state& s) {
        s.standby_for = holder;
        no_cycle_runs(s);
        s.failing = clock::now(); // what the other one did until now is not our delay
    });
}

void monitor::reloaded(bool success) {
    m_health.update([success](health_state& s) {
        s.reload_failed = !success;
        if (success)
            s.reloaded = std::chrono::system_clock::now();
    });
}

void monitor::rescheduled(schedule_settings const& schedule) {
    m_health.update([&](health_state& s) { s.poll_interval = schedule.poll_interval; });
}

} // namespace exportd
