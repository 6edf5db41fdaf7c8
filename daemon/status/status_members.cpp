#include "status/status_members.hpp"

#include "log/safe_text.hpp"

#include <notes_export/utc_text.hpp>

namespace exportd {

namespace {

void put_number(json_writer& w, char const* key, std::uint64_t value) {
    w.Key(key);
    w.Uint64(value);
}

/// 0 is never.
void put_unix_time(json_writer& w, char const* key, std::int64_t seconds) {
    if (seconds > 0)
        return put(w, key, notes_export::utc_text(std::chrono::sys_seconds{std::chrono::seconds{seconds}}));
    w.Key(key);
    w.Null();
}

void put_mirror(json_writer& w, notes_export::mirror_view const& m) {
    put(w, "name", m.said.name);
    put(w, "kind", m.said.kind);
    put(w, "url", m.said.url);
    put(w, "state", std::string{to_string(m.is)});
    put_flag(w, "running", m.running());
    put_number(w, "generation", m.said.generation);
    put_number(w, "tree_generation", m.said.tree_generation);
    put(w, "lag_seconds", m.lag.count());
    put_unix_time(w, "last_step_at", m.said.generation_time);
    put_unix_time(w, "behind_since", m.said.behind_since);
    put_unix_time(w, "seen_at", m.said.written);
    put_unix_time(w, "single_step_ended_at", m.said.ended);
    put_number(w, "steps", m.said.steps);
    put_number(w, "errors", m.said.errors);
    put(w, "error", m.said.error);
    put(w, "error_kind", m.said.error_kind);
    put_unix_time(w, "failing_since", m.said.error_since);
    put(w, "problem", m.problem);
}

} // namespace

void put(json_writer& w, char const* key, std::string const& value) {
    w.Key(key);
    auto const text = logging::valid_utf8(value);
    w.String(text.c_str(), static_cast<rapidjson::SizeType>(text.size()));
}

void put_flag(json_writer& w, char const* key, bool value) {
    w.Key(key);
    w.Bool(value);
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

void put_document(json_writer& w, notes_export::refused_document const& d) {
    put(w, "path", d.path);
    put(w, "reason", d.reason);
}

void put_mirrors(json_writer& w, notes_export::mirror_views const& views) {
    put_array(w, "mirrors", views.mirrors, [&](auto const& m) { put_mirror(w, m); });
    put_array(w, "mirror_problems", views.problems, [&](auto const& text) { put(w, "text", text); });
}

void put_other_exporter(json_writer& w, std::optional<notes_export::noted_exporter> const& other) {
    w.Key("other_exporter");
    if (!other)
        return static_cast<void>(w.Null());
    w.StartObject();
    put(w, "rows", other->traces.rows);
    put(w, "by", other->traces.by);
    put_flag(w, "metadata", other->traces.metadata);
    put_unix_time(w, "first_seen_at", other->first);
    put_unix_time(w, "last_seen_at", other->last);
    w.EndObject();
}

void put_read_place(json_writer& w, notes_export::read_place const& read) {
    put(w, "reads_from", read.standby ? "standby" : "primary");
    put(w, "standby_problem", read.error);
}

void put_quarantined(json_writer& w, notes_export::quarantined_row const& q) {
    put(w, "dataset", q.dataset);
    put(w, "id", q.id);
    put(w, "name", q.name);
    put(w, "pointer", q.pointer);
    put(w, "keyword", q.keyword);
    put(w, "detail", q.detail);
}

} // namespace exportd
