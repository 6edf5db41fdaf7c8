#include "status/status_members.hpp"

#include "log/safe_text.hpp"

namespace exportd {

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

void put_quarantined(json_writer& w, notes_export::quarantined_row const& q) {
    put(w, "dataset", q.dataset);
    put(w, "id", q.id);
    put(w, "name", q.name);
    put(w, "pointer", q.pointer);
    put(w, "keyword", q.keyword);
    put(w, "detail", q.detail);
}

} // namespace exportd
