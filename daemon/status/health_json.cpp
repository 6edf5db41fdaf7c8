#include "status/health_json.hpp"

#include "status/readiness.hpp"
#include "status/status_members.hpp"

#include <notes_export/utc_text.hpp>

namespace exportd {

namespace {

using steady_time = std::chrono::steady_clock::time_point;

void put_time(json_writer& w, char const* key, std::optional<std::chrono::system_clock::time_point> const& t) {
    if (t)
        return put(w, key, notes_export::utc_text(*t));
    w.Key(key);
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
}

void put_state(json_writer& w, health_state const& s, steady_time now) {
    auto const problem = why_not_ready(s, now);
    put(w, "program_version", std::string{EXPORTD_VERSION});
    put_time(w, "started_at", s.started);
    put_flag(w, "ready", problem.empty());
    put(w, "reason", problem);
    put(w, "error", s.error);
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
    put_age(w, oldest_pending_age(s, now));
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
    put_array(w, "warnings", s.warnings, [&](auto const& text) { put(w, "text", text); });
    put_array(w, "runs", *s.runs, [&](auto const& r) { put_run(w, r); });
    put_array(w, "quarantine", *s.quarantined, [&](auto const& q) { put_refused(w, q); });
    w.EndObject();
    return std::string{buffer.GetString(), buffer.GetSize()} + '\n';
}

} // namespace exportd
