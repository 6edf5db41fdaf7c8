#include "status/health_json.hpp"

#include "status/readiness.hpp"
#include "status/running_cycle.hpp"
#include "status/status_members.hpp"
#include "status/verdict.hpp"

#include <notes_export/utc_text.hpp>

#include <unistd.h>

namespace exportd {

namespace {

using steady_time = std::chrono::steady_clock::time_point;

void put_time(json_writer& w, char const* key, std::optional<std::chrono::system_clock::time_point> const& t) {
    if (t)
        return put(w, key, notes_export::utc_text(*t));
    w.Key(key);
    w.Null();
}

void put_number(json_writer& w, char const* key, std::optional<double> const& value) {
    w.Key(key);
    if (value)
        w.Double(*value);
    else
        w.Null();
}

void put_age(json_writer& w, std::optional<std::chrono::steady_clock::duration> const& age) {
    w.Key("oldest_pending_age_seconds");
    if (age)
        w.Double(std::chrono::duration<double>{*age}.count());
    else
        w.Null();
}

void put_dataset(json_writer& w, health_state const& s, dataset_health const& d, steady_time now) {
    put(w, "name", d.name);
    put(w, "published", d.published);
    put(w, "pending", d.pending);
    put_age(w, oldest_pending_age(s, d, now));
    put(w, "quarantined", d.quarantined);
    put(w, "index_bytes", d.index_bytes.value_or(0));
    put_flag(w, "shrink_guard", d.shrink_held);
    put(w, "held", d.held);
    put(w, "held_of", d.held_of);
    put_flag(w, "index_held", d.index_held);
}

void put_cycle(json_writer& w, health_state const& s, steady_time now) {
    w.Key("cycle");
    auto const c = look_at_cycle(s, now);
    if (!c)
        return static_cast<void>(w.Null());
    w.StartObject();
    auto const elapsed = now - *s.running_since;
    put_time(w, "running_since", std::chrono::system_clock::now() - elapsed);
    put_number(w, "seconds", std::chrono::duration<double>{elapsed}.count());
    put(w, "phase", std::string{to_string(c->at.now)});
    put(w, "rows_done", c->at.done);
    put(w, "rows", c->at.of);
    put_number(w, "rows_per_second", c->rate > 0 ? std::optional{c->rate} : std::nullopt);
    put_number(w, "seconds_left", c->left ? std::optional{static_cast<double>(c->left->count())} : std::nullopt);
    w.EndObject();
}

void put_verdict(json_writer& w, health_state const& s, steady_time now) {
    auto const v = judge(s, now);
    put(w, "state", std::string{to_string(v.what)});
    put(w, "word", std::string{v.word()});
    put_array(w, "reasons", v.reasons, [&](auto const& text) { put(w, "text", text); });
}

void put_errors(json_writer& w, health_state const& s) {
    put(w, "error", s.error);
    put_time(w, "failing_since", s.error_since);
    put(w, "last_error", s.last_error);
    put_time(w, "last_error_at", s.last_error_at);
}

void put_hook(json_writer& w, hook_health const& h) {
    w.Key("hook");
    w.StartObject();
    put(w, "problem", h.problem);
    put(w, "last_line", h.last_line);
    put_time(w, "failing_since", h.failing_since);
    put_time(w, "last_success_at", h.succeeded);
    w.EndObject();
}

void put_state(json_writer& w, health_state const& s, steady_time now) {
    auto const problem = why_not_ready(s, now);
    put(w, "program_version", std::string{EXPORTD_VERSION});
    put(w, "pid", ::getpid());
    put(w, "directory", s.directory.native());
    put_time(w, "started_at", s.started);
    put_verdict(w, s, now);
    put_flag(w, "ready", problem.empty());
    put(w, "reason", problem);
    put_errors(w, s);
    put(w, "standby_for", s.standby_for);
    put(w, "listener", std::string{to_string(s.listener)});
    put(w, "listener_problem", s.listener_problem);
    put_time(w, "listener_verified_at", s.verified);
    put_time(w, "last_attempt_at", s.attempted);
    for (auto const mode : {notes_export::cycle_mode::incremental, notes_export::cycle_mode::full}) {
        auto const done = s.succeeded.find(mode);
        put_time(w, mode == notes_export::cycle_mode::full ? "last_full_success_at" : "last_incremental_success_at",
                 done == s.succeeded.end() ? std::nullopt : std::optional{done->second});
    }
    put_flag(w, "cycle_running", s.running.has_value());
    put_cycle(w, s, now);
    put_age(w, oldest_pending_age(s, now));
    put_read_place(w, s.read);
    put(w, "generation", s.generation);
    put(w, "version", s.version);
    put(w, "available_bytes", s.available_bytes.value_or(0));
}

} // namespace

std::string health_json(health_state const& s, steady_time now) {
    rapidjson::StringBuffer buffer;
    json_writer w{buffer};
    w.StartObject();
    put_state(w, s, now);
    put_array(w, "datasets", s.datasets, [&](auto const& d) { put_dataset(w, s, d, now); });
    put_array(w, "missing", s.missing, [&](auto const& text) { put(w, "text", text); });
    put_flag(w, "config_in_force", !s.reload_failed);
    put_hook(w, s.hook);
    put_mirrors(w, s.looked->mirrors);
    put_other_exporter(w, s.looked->other);
    put_array(w, "refused_documents", s.refused_documents, [&](auto const& d) { put_document(w, d); });
    put_array(w, "unusable_documents", s.looked->unusable_documents, [&](auto const& d) { put_document(w, d); });
    put_array(w, "warnings", s.warnings, [&](auto const& text) { put(w, "text", text); });
    put_array(w, "runs", *s.runs, [&](auto const& r) { put_run(w, r); });
    put_array(w, "quarantine", *s.quarantined, [&](auto const& q) { put_quarantined(w, q); });
    w.EndObject();
    return std::string{buffer.GetString(), buffer.GetSize()} + '\n';
}

} // namespace exportd
