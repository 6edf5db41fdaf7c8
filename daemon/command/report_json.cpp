#include "command/report_json.hpp"

#include <string>

namespace exportd {

namespace {

void put_dataset(json_writer& w, notes_export::dataset_report const& d) {
    put(w, "name", d.name);
    put(w, "rows", d.rows_read);
    put(w, "exported", d.exported);
    put(w, "unchanged", d.unchanged);
    put(w, "removed", d.removed);
    put(w, "marked", d.marked);
    put(w, "mark_conflicts", d.mark_conflicts);
    put(w, "quarantined", d.quarantined);
    put(w, "pending", d.pending);
    put(w, "total", d.total);
    put(w, "shrink_refused", d.shrink_refused);
    put_flag(w, "index_written", d.index_written);
    put_flag(w, "index_refused", d.index_refused);
    put(w, "shards_written", d.shards_written);
    put(w, "shards_removed", d.shards_removed);
}

void put_phases(json_writer& w, notes_export::phase_times const& phases) {
    w.Key("phases_ms");
    w.StartObject();
    for (std::size_t i = 0; i < notes_export::phase_count; ++i) {
        auto const p = static_cast<notes_export::phase>(i);
        w.Key(std::string{to_string(p)}.c_str());
        w.Double(std::chrono::duration<double, std::milli>{phases.of(p)}.count());
    }
    w.EndObject();
}

} // namespace

void put_index_size(json_writer& w, notes_export::index_size const& size) {
    put(w, "dataset", size.dataset);
    put(w, "path", size.path);
    put(w, "bytes", size.bytes);
    put(w, "limit", size.limit);
}

void put_report(json_writer& w, notes_export::cycle_report const& r) {
    put(w, "mode", std::string{to_string(r.mode)});
    put(w, "reason", r.reason);
    put_read_place(w, r.read);
    put(w, "generation", r.generation);
    put(w, "version", r.version);
    put_flag(w, "published", r.published);
    put(w, "files_written", r.files_written);
    put(w, "files_removed", r.files_removed);
    put(w, "bytes_written", r.bytes_written);
    w.Key("duration_ms");
    w.Double(std::chrono::duration<double, std::milli>{r.duration}.count());
    put_phases(w, r.phases);
    put_array(w, "datasets", r.datasets, [&](auto const& d) { put_dataset(w, d); });
    put_array(w, "quarantine", r.quarantined, [&](auto const& q) { put_quarantined(w, q); });
    put_array(w, "refused_indexes", r.refused_indexes, [&](auto const& size) { put_index_size(w, size); });
    put_array(w, "allowed_shrinks", r.allowed_shrinks, [&](auto const& s) {
        put(w, "dataset", s.dataset);
        put(w, "removed", s.going);
        put(w, "of", s.of);
    });
    put_array(w, "warnings", r.warnings, [&](auto const& text) { put(w, "text", text); });
}

} // namespace exportd
