#include "command/status_text.hpp"

#include "command/mirror_text.hpp"
#include "command/report_json.hpp"
#include "log/safe_text.hpp"
#include "status/figure_text.hpp"
#include "status/status_members.hpp"

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <sstream>

namespace exportd {

namespace {

using milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::size_t rows_shown = 20;

void put_dataset(json_writer& w, notes_export::dataset_status const& d) {
    put(w, "name", d.name);
    put(w, "rows", d.rows);
    put(w, "pending", d.pending);
    put(w, "quarantined", d.quarantined);
}

void put_success(json_writer& w, notes_export::status_report const& s) {
    put(w, "last_success", s.success ? s.success->finished_at : "");
    w.Key("last_success_age_seconds");
    if (s.success)
        w.Int64(s.success->age.count());
    else
        w.Null();
}

void print_success(std::ostream& out, notes_export::status_report const& s, bool over) {
    if (s.success)
        out << "Success    " << s.success->finished_at << ", " << duration_text(s.success->age)
            << " ago (the last cycle that had something to do)\n";
    else if (!s.runs.empty())
        out << "Success    never\n";
    if (!s.runs.empty() && !s.runs.front().error.empty())
        out << (over ? "Failed     " : "Failing    ") << s.runs.front().finished_at << (over ? ", over: " : ": ")
            << logging::printable(s.runs.front().error) << '\n';
}

void print_runs(std::ostream& out, notes_export::status_report const& s) {
    if (s.runs.empty())
        return;
    out << "\nLast runs (UTC)       mode         result    profiles   files  removed  quarantined        ms  reason\n";
    for (auto const& r : s.runs) {
        out << r.finished_at << "  " << std::left << std::setw(12) << logging::printable(r.mode) << ' ' << std::setw(8)
            << logging::printable(r.result) << std::right << std::setw(10) << r.exported << std::setw(8)
            << r.files_written << std::setw(9) << r.files_removed << std::setw(13) << r.quarantined << std::setw(10)
            << std::fixed << std::setprecision(1) << r.duration_ms << "  " << logging::printable(r.reason) << '\n';
        if (!r.error.empty())
            out << "    " << logging::printable(r.error) << '\n';
    }
}

void print_quarantine(std::ostream& out, notes_export::status_report const& s) {
    if (s.quarantined.empty())
        return;
    out << "\nQuarantined rows (the old file stays; tried again when the row changes)\n";
    for (std::size_t i = 0; i < std::min(rows_shown, s.quarantined.size()); ++i) {
        auto const& q = s.quarantined[i];
        out << "  " << logging::printable(q.dataset) << ' ' << q.id << ' ' << logging::printable(q.name) << ": "
            << logging::printable(notes_export::refusal_text(q.keyword, q.pointer, q.detail)) << '\n';
    }
    if (s.quarantined.size() > rows_shown)
        out << "  ... and " << s.quarantined.size() - rows_shown << " more (see --json)\n";
}

// The first question at night.
void print_daemon(std::ostream& out, live_state const& live, std::string const& holder) {
    if (live.known())
        out << live.lines();
    else if (live.absent() && holder.empty())
        out << "Daemon     not running (" << logging::printable(live.problem()) << ")\n";
    else
        out << "Daemon     does not tell how it is (" << logging::printable(live.problem()) << ")\n";
}

void print_tree(std::ostream& out, notes_export::status_report const& s, std::filesystem::path const& directory) {
    out << "Tree       " << directory.string() << '\n';
    if (!s.tree_problem.empty())
        out << "           " << logging::printable(s.tree_problem) << '\n';
    else
        out << "Exporter   " << (s.holder.empty() ? "not running" : logging::printable(s.holder)) << '\n';
    if (!s.export_date.empty())
        out << "Published  " << logging::printable(s.export_date) << ", generation " << s.generation
            << ", format version " << logging::printable(s.version) << '\n';
    else if (s.tree_problem.empty())
        out << "Published  nothing yet\n";
    for (auto const& d : s.unusable_documents)
        out << "Unusable   " << logging::printable(d.reason) << '\n';
    for (auto const& r : s.refused_indexes)
        out << "Too large  " << logging::printable(r.path) << ": the new one has " << r.bytes
            << " bytes, [export] index_max_size is " << r.limit << "; the old one stays\n";
}

void print_database(std::ostream& out, notes_export::status_report const& s, bool over) {
    if (!s.database_problem.empty()) {
        out << "Database   cannot be asked: " << logging::printable(s.database_problem) << '\n';
        return;
    }
    print_success(out, s, over);
    for (auto const& d : s.datasets)
        out << std::left << std::setw(11) << d.name << d.rows << " rows, " << d.pending << " pending, " << d.quarantined
            << " quarantined\n";
    if (!s.shrink_allowed_until.empty())
        out << "Shrink     allowed once, until " << s.shrink_allowed_until << '\n';
    if (!s.installed) {
        out << "Missing    ";
        for (std::size_t i = 0; i < s.missing.size(); ++i)
            out << (i == 0 ? "" : ", ") << s.missing[i];
        out << "\n           (run sql/install.sql: without it changes can be found late)\n";
    }
}

void put_live(json_writer& w, whole_status const& s) {
    auto const state = state_of(s);
    put(w, "state", state);
    put(w, "exit_code", to_int(code_of(state)));
    w.Key("daemon");
    if (s.live.known())
        w.RawValue(s.live.json().c_str(), s.live.json().size(), rapidjson::kObjectType);
    else
        w.Null();
    put(w, "daemon_problem", s.live.problem());
    put(w, "tree_problem", s.report.tree_problem);
    put(w, "database_problem", s.report.database_problem);
}

void put_database(json_writer& w, notes_export::status_report const& s) {
    put_flag(w, "installed", s.installed);
    put(w, "shrink_allowed_until", s.shrink_allowed_until);
    w.Key("missing");
    w.StartArray();
    for (auto const& part : s.missing)
        w.String(part.c_str());
    w.EndArray();
    put_success(w, s);
    put_array(w, "datasets", s.datasets, [&](auto const& d) { put_dataset(w, d); });
    put_array(w, "runs", s.runs, [&](auto const& r) { put_run(w, r); });
}

} // namespace

std::string status_text(whole_status const& s, std::filesystem::path const& directory) {
    std::ostringstream out;
    print_daemon(out, s.live, s.report.holder);
    print_tree(out, s.report, directory);
    if (s.hook_owed)
        out << "Hook       owed for generation " << *s.hook_owed
            << ": the last run failed or was cut short; the next start or `once` makes up for it\n";
    if (s.report.other)
        out << "Another    " << logging::printable(describe(*s.report.other)) << '\n';
    out << mirror_lines(s.report.mirrors, std::chrono::system_clock::now());
    if (s.database_asked) {
        print_database(out, s.report, is_over(s));
        print_runs(out, s.report);
        print_quarantine(out, s.report);
    }
    return out.str();
}

std::string status_json(whole_status const& s) {
    rapidjson::StringBuffer buffer;
    json_writer w{buffer};
    w.StartObject();
    put_live(w, s);
    put(w, "holder", s.report.holder);
    put(w, "export_date", s.report.export_date);
    put(w, "generation", s.report.generation);
    put(w, "version", s.report.version);
    w.Key("hook_owed");
    if (s.hook_owed)
        w.Uint64(*s.hook_owed);
    else
        w.Null();
    if (s.database_asked)
        put_database(w, s.report);
    put_array(w, "quarantine", s.report.quarantined, [&](auto const& q) { put_quarantined(w, q); });
    put_mirrors(w, s.report.mirrors);
    put_other_exporter(w, s.report.other);
    put_array(w, "unusable_documents", s.report.unusable_documents, [&](auto const& d) { put_document(w, d); });
    put_array(w, "refused_indexes", s.report.refused_indexes, [&](auto const& r) { put_index_size(w, r); });
    w.EndObject();
    return std::string{buffer.GetString(), buffer.GetSize()} + '\n';
}

void print_remarks(notes_export::cycle_report const& r) {
    for (auto const& row : r.quarantined)
        std::cout << "quarantined " << row.dataset << ' ' << row.id << ": "
                  << logging::printable(notes_export::refusal_text(row.keyword, row.pointer, row.detail)) << '\n';
    for (auto const& size : r.refused_indexes)
        std::cout << "warning: " << size.path << " would have " << size.bytes << " bytes, [export] index_max_size is "
                  << size.limit << ": the old one stays, and so do removed profiles\n";
    for (auto const& size : r.large_indexes)
        std::cout << "warning: " << size.path << " has " << size.bytes
                  << " bytes, more than half of [export] index_max_size (" << size.limit << ")\n";
    for (auto const& shrink : r.allowed_shrinks)
        std::cout << "the shrink guard let " << shrink.going << " of " << shrink.of << ' ' << shrink.dataset
                  << " go, as was allowed; that is used up\n";
    if (!r.read.error.empty())
        std::cout << "warning: rows were read from the primary, not from the standby: "
                  << logging::printable(r.read.error) << '\n';
    for (auto const& text : r.warnings)
        std::cout << "warning: " << logging::printable(text) << '\n';
    if (r.other.seen())
        std::cout << "warning: " << logging::printable(describe(r.other))
                  << "; nothing is lost: " << notes_export::other_exporter_remedy << '\n';
    if (!r.missing.empty())
        std::cout << "warning: " << r.missing.size() << " parts of install.sql are missing or switched off, such as "
                  << logging::printable(r.missing.front()) << ": run it again as the owner of the tables\n";
}

std::string describe_cycle(notes_export::cycle_report const& r) {
    std::ostringstream out;
    for (auto const& d : r.datasets)
        out << d.name << ": " << d.exported << " exported, " << d.unchanged << " unchanged, " << d.removed
            << " removed, " << d.quarantined << " quarantined, " << d.marked << " rows marked\n";
    out << "JSON export completed successfully (" << to_string(r.mode) << ": " << r.reason
        << "). Duration: " << std::fixed << std::setprecision(3) << milliseconds{r.duration}.count() / 1000 << " s, "
        << r.files_written << " files written, " << r.files_removed << " removed, generation " << r.generation << '\n';
    return out.str();
}

} // namespace exportd
