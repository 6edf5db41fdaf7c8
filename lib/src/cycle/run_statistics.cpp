#include "cycle/run_statistics.hpp"

#include "notes_export/host_name.hpp"
#include "source/catalog.hpp"

#include <array>
#include <unistd.h>

namespace notes_export {

namespace {

constexpr int most_forgotten = 2000;
constexpr double microseconds_of_one = 1000; // millisecond

using milliseconds = std::chrono::duration<double, std::milli>;

std::string seconds_since_epoch(std::chrono::system_clock::time_point t) {
    return std::to_string(std::chrono::duration<double>{t.time_since_epoch()}.count());
}

std::string phases_json(phase_times const& times) {
    std::string json = "{";
    for (std::size_t i = 0; i < phase_count; ++i) {
        auto const p = static_cast<phase>(i);
        json += (i == 0 ? "\"" : ", \"") + std::string{to_string(p)} +
                "\": " + std::to_string(milliseconds{times.of(p)}.count());
    }
    return json + '}';
}

std::size_t exported_of(cycle_report const& report, std::string_view dataset) {
    for (auto const& d : report.datasets)
        if (d.name == dataset)
            return d.exported;
    return 0;
}

} // namespace

bool record_run(sessions& database, sql const& statements, cycle_report const& report, std::string const& error,
                std::string const& program_version) {
    auto n = [](auto value) { return pg::param{std::to_string(value)}; };
    std::array<pg::param, 21> const values{seconds_since_epoch(report.started),
                                           seconds_since_epoch(report.finished),
                                           std::string{to_string(report.mode)},
                                           report.reason,
                                           error.empty() ? "success" : "failure",
                                           n(report.generation),
                                           n(exported_of(report, "users")),
                                           n(exported_of(report, "countries")),
                                           n(report.files_written),
                                           n(report.unchanged()),
                                           n(report.files_removed),
                                           n(report.marked()),
                                           n(report.mark_conflicts()),
                                           n(report.in_quarantine()),
                                           n(report.bytes_written),
                                           n(milliseconds{report.duration}.count()),
                                           phases_json(report.phases),
                                           error.empty() ? pg::param{} : pg::param{error},
                                           host_name(),
                                           n(::getpid()),
                                           program_version};
    // A table of somebody else would run their triggers with the rights of the exporter.
    if (!catalog::has_table(database.writer(), statements, "json_export_runs"))
        return false;
    database.writer().query("record the run", statements.insert_run(), values);
    return true;
}

void forget_old_runs(sessions& database, sql const& statements, cycle_report const& report,
                     std::chrono::seconds retention) {
    database.writer().query(
        "delete old runs", statements.forget_runs(),
        {seconds_since_epoch(report.finished), std::to_string(retention.count()), std::to_string(most_forgotten)});
}

std::optional<last_success> newest_success(pg::connection& c, sql const& statements) {
    auto const rows = c.query("read the last success", statements.last_success());
    if (rows.rows() == 0)
        return std::nullopt;
    return last_success{rows.text(0, 0), std::chrono::seconds{rows.integer(0, 1)}};
}

std::vector<run_status> recent_runs(pg::connection& c, sql const& statements, int at_most) {
    std::vector<run_status> runs;
    auto const rows = c.query("read json_export_runs", statements.recent_runs(), {std::to_string(at_most)});
    for (int i = 0; i < rows.rows(); ++i)
        runs.push_back({rows.text(i, 0), rows.text(i, 1), rows.text(i, 2), rows.text(i, 3), rows.text(i, 4),
                        rows.integer(i, 5), rows.integer(i, 6), rows.integer(i, 7), rows.integer(i, 8),
                        rows.integer(i, 9), static_cast<double>(rows.integer(i, 10)) / microseconds_of_one});
    return runs;
}

} // namespace notes_export
