#include "cycles/cycle_log.hpp"

#include "log/logging.hpp"

#include <notes_export/error.hpp>

#include <array>
#include <cmath>
#include <string>

namespace exportd {

namespace {

using logging::level;
using milliseconds = std::chrono::duration<double, std::milli>;

double ms(std::chrono::steady_clock::duration d) {
    return std::round(milliseconds{d}.count() * 10) / 10;
}

std::string whole_seconds(std::chrono::steady_clock::duration d) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(d).count()) + "s";
}

// Field names outlive the record: logging::field is a view.
std::string_view phase_field(notes_export::phase p) {
    constexpr std::array<std::string_view, notes_export::phase_count> names{
        "detect_ms", "read_ms", "render_ms", "check_ms", "stage_ms", "index_ms", "sync_ms", "publish_ms", "mark_ms"};
    return names[static_cast<std::size_t>(p)];
}

void log_dataset(std::uint64_t cycle, notes_export::dataset_report const& d) {
    bool const did_something = d.exported + d.removed + d.marked > 0 || d.index_written;
    if (!did_something && d.mark_conflicts + d.shrink_refused == 0)
        return;
    auto const message = "Total " + d.name + " exported: " + std::to_string(d.exported);
    logging::log(did_something ? level::info : level::debug, "dataset_exported", message,
                 {{"cycle", cycle},
                  {"dataset", d.name},
                  {"rows", d.rows_read},
                  {"exported", d.exported},
                  {"unchanged", d.unchanged},
                  {"removed", d.removed},
                  {"marked", d.marked},
                  {"mark_conflicts", d.mark_conflicts},
                  {"quarantined", d.quarantined},
                  {"duplicates", d.duplicates},
                  {"published", d.published},
                  {"index_bytes", d.index_bytes}});
}

void log_quarantined(std::uint64_t cycle, notes_export::quarantined_row const& row) {
    logging::log(level::warning, "row_quarantined",
                 "The row does not fit its schema and is quarantined; its file stays as it is",
                 {{"cycle", cycle},
                  {"dataset", row.dataset},
                  {"id", row.id},
                  {"name", row.name},
                  {"pointer", row.pointer},
                  {"keyword", row.keyword},
                  {"detail", row.detail}});
}

void log_index_sizes(std::uint64_t cycle, notes_export::cycle_report const& r) {
    for (auto const& size : r.refused_indexes)
        logging::log(
            level::error, "index_refused",
            "The new index is larger than [export] index_max_size; the old one stays, with the profiles it names",
            {{"cycle", cycle},
             {"dataset", size.dataset},
             {"path", size.path},
             {"bytes", size.bytes},
             {"limit", size.limit}});
    for (auto const& size : r.large_indexes)
        logging::log(level::warning, "index_large", "The index is larger than half of [export] index_max_size",
                     {{"cycle", cycle},
                      {"dataset", size.dataset},
                      {"path", size.path},
                      {"bytes", size.bytes},
                      {"limit", size.limit}});
}

void log_read_place(std::uint64_t cycle, notes_export::read_place const& read) {
    if (!read.changed)
        return;
    if (read.standby)
        logging::log(level::info, "reads_from_standby", "Rows are read from the standby", {{"cycle", cycle}});
    else
        logging::log(level::warning, "reads_from_primary",
                     "Rows are read from the primary, not from the standby of [database] read_conninfo; nothing is "
                     "lost, it is tried again",
                     {{"cycle", cycle}, {"reason", to_string(read.problem)}, {"error", read.error}});
}

void log_success(std::uint64_t cycle, notes_export::cycle_report const& r, level how) {
    std::vector<logging::field> fields{
        {"cycle", cycle},           {"mode", to_string(r.mode)},        {"reason", r.reason},
        {"exported", r.exported()}, {"files", r.files_written},         {"removed", r.files_removed},
        {"bytes", r.bytes_written}, {"quarantined", r.in_quarantine()}, {"generation", r.generation},
        {"ms", ms(r.duration)}};
    for (std::size_t i = 0; i < notes_export::phase_count; ++i) {
        auto const p = static_cast<notes_export::phase>(i);
        if (r.phases.of(p).count() > 0)
            fields.emplace_back(phase_field(p), ms(r.phases.of(p)));
    }
    auto const message = "JSON export completed successfully. Duration: " + whole_seconds(r.duration);
    logging::log(how, "cycle_finished", message, fields);
}

void log_failure(std::uint64_t cycle, cycle_outcome const& outcome, level how) {
    auto const mode = to_string(outcome.report.mode);
    auto const elapsed = ms(outcome.report.duration);
    auto const error = describe(outcome.error);
    try {
        std::rethrow_exception(outcome.error);
    } catch (notes_export::cancelled const&) {
        logging::log(level::info, "cycle_stopped",
                     "Export cycle stopped on request; nothing is lost, the next start goes on",
                     {{"cycle", cycle}, {"mode", mode}, {"ms", elapsed}});
    } catch (notes_export::database_error const& e) {
        logging::log(how, "cycle_failed", "Export cycle failed: the database; nothing is lost, it is tried again",
                     {{"cycle", cycle}, {"mode", mode}, {"error", error}, {"sqlstate", e.sqlstate()}, {"ms", elapsed}});
    } catch (notes_export::file_error const& e) {
        logging::log(how, "cycle_failed", "Export cycle failed: the file system; nothing is lost, it is tried again",
                     {{"cycle", cycle},
                      {"mode", mode},
                      {"error", error},
                      {"path", e.path().native()},
                      {"errno", e.code().value()},
                      {"ms", elapsed}});
    } catch (std::system_error const& e) {
        logging::log(
            how, "cycle_failed", "Export cycle failed: the operating system; nothing is lost, it is tried again",
            {{"cycle", cycle}, {"mode", mode}, {"error", error}, {"errno", e.code().value()}, {"ms", elapsed}});
    } catch (std::exception const&) {
        logging::log(how, "cycle_failed", "Export cycle failed; nothing is lost, it is tried again",
                     {{"cycle", cycle}, {"mode", mode}, {"error", error}, {"ms", elapsed}});
    }
}

} // namespace

void log_entity(notes_export::entity_event const& event) {
    if (!logging::enabled(level::debug))
        return;
    auto const message = std::string{event.removed ? "Removed " : "Exported modified "} + std::string{event.singular} +
                         ": " + std::to_string(event.id) + (event.removed ? "" : " (" + std::string{event.name} + ')');
    logging::log(level::debug, event.removed ? "entity_removed" : "entity_exported", message,
                 {{"dataset", event.dataset}, {"id", event.id}});
}

void log_waiting(std::string const& text) {
    logging::log(level::warning, "publication_waits", text, {});
}

void log_cycle(std::uint64_t cycle, cycle_outcome const& outcome, told known,
               std::set<std::string> const& known_warnings) {
    if (outcome.reconfigured)
        logging::log(level::error, "reload_failed", "New settings were not taken over; the old ones stay in force",
                     {{"error", describe(outcome.reconfigured)}});
    for (auto const& d : outcome.report.datasets)
        log_dataset(cycle, d);
    for (auto const& row : outcome.report.quarantined)
        log_quarantined(cycle, row);
    log_index_sizes(cycle, outcome.report);
    for (auto const& shrink : outcome.report.allowed_shrinks)
        logging::log(level::warning, "shrink_allowed",
                     "More profiles went than the shrink guard lets pass, as was allowed; that is used up",
                     {{"cycle", cycle}, {"dataset", shrink.dataset}, {"removed", shrink.going}, {"of", shrink.of}});
    log_read_place(cycle, outcome.report.read);
    for (auto const& text : outcome.report.warnings)
        logging::log(known_warnings.contains(text) ? level::debug : level::warning, "cycle_warning", text,
                     {{"cycle", cycle}});
    if (outcome.recorded)
        logging::log(known == told::before && outcome.error ? level::debug : level::warning, "statistics_lost",
                     "The run could not be recorded in json_export_runs, or old ones not be deleted",
                     {{"cycle", cycle}, {"error", describe(outcome.recorded)}});
    if (outcome.earlier_unknown)
        logging::log(level::warning, "statistics_lost", "Earlier runs could not be read from json_export_runs",
                     {{"cycle", cycle}, {"error", describe(outcome.earlier_unknown)}});
    if (outcome.error)
        log_failure(cycle, outcome, known == told::before ? level::debug : level::error);
    else
        log_success(cycle, outcome.report, known == told::before ? level::debug : level::info);
}

void log_other_exporter(notes_export::other_exporter const& traces, told known) {
    auto const what = describe(traces);
    logging::log(known == told::before ? level::debug : level::warning, "other_exporter",
                 std::string{"Another program exports the same data, maybe the old script, left in cron. Nothing is "
                             "lost, what it touched is exported again: "}
                     .append(notes_export::other_exporter_remedy),
                 {{"what", what}, {"rows", traces.rows}, {"by", traces.by}, {"metadata", traces.metadata}});
}

void log_missing_parts(std::vector<std::string> const& missing) {
    std::string list;
    for (auto const& part : missing)
        list += (list.empty() ? "" : ", ") + part;
    if (missing.empty())
        logging::log(level::info, "install_complete", "All parts of install.sql are there again");
    else
        logging::log(
            level::warning, "install_incomplete",
            "Parts of install.sql are missing or switched off, so that changes are found later and at a higher "
            "price: run install.sql again as the owner of the tables",
            {{"missing", list}, {"parts", missing.size()}});
}

} // namespace exportd
