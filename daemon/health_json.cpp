#include "health_json.hpp"

#include "log_render.hpp"
#include "readiness.hpp"
#include "utc_time.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace exportd {

namespace {

using json_writer = rapidjson::Writer<rapidjson::StringBuffer>;
using steady_time = std::chrono::steady_clock::time_point;

void put(json_writer& w, char const* key, std::string const& value) {
    w.Key(key);
    auto const text = logging::valid_utf8(value);
    w.String(text.c_str(), static_cast<rapidjson::SizeType>(text.size()));
}

void put(json_writer& w, char const* key, std::integral auto value) {
    w.Key(key);
    w.Int64(static_cast<std::int64_t>(value));
}

void put_flag(json_writer& w, char const* key, bool value) {
    w.Key(key);
    w.Bool(value);
}

void put_time(json_writer& w, char const* key, std::optional<std::chrono::system_clock::time_point> const& t) {
    if (t)
        return put(w, key, utc_text(*t));
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

template <class Range, class Put>
void put_array(json_writer& w, char const* key, Range const& range, Put const& put_one) {
    w.Key(key);
    w.StartArray();
    for (auto const& one : range) {
        w.StartObject();
        put_one(one);
        w.EndObject();
    }
    w.EndArray();
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

void put_run(json_writer& w, notes_export::run_status const& r) {
    put(w, "finished_at", r.finished_at);
    put(w, "mode", r.mode);
    put(w, "reason", r.reason);
    put(w, "result", r.result);
    put(w, "error", r.error);
    put(w, "exported", r.exported);
    put(w, "files_written", r.files_written);
    put(w, "files_removed", r.files_removed);
    put(w, "bytes_written", r.bytes_written);
    put(w, "quarantined", r.quarantined);
    w.Key("duration_ms");
    w.Double(r.duration_ms);
}

void put_refused(json_writer& w, notes_export::quarantined_row const& q) {
    put(w, "dataset", q.dataset);
    put(w, "id", q.id);
    put(w, "name", q.name);
    put(w, "pointer", q.pointer);
    put(w, "keyword", q.keyword);
    put(w, "detail", q.detail);
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
