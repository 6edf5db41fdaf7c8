#include "cycle/run_statistics.hpp"

#include "notes_export/host_name.hpp"
#include "source/catalog.hpp"

#include <algorithm>
#include <array>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <unistd.h>
#include <utility>

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

/// Counts of a run that go into its row, by their name there.
struct named_count {
    char const* name;
    std::size_t dataset_report::*count;
};

constexpr std::array<named_count, 9> counts{{{"exported", &dataset_report::exported},
                                             {"unchanged", &dataset_report::unchanged},
                                             {"removed", &dataset_report::removed},
                                             {"shrink_refused", &dataset_report::shrink_refused},
                                             {"marked", &dataset_report::marked},
                                             {"mark_conflicts", &dataset_report::mark_conflicts},
                                             {"quarantined", &dataset_report::quarantined},
                                             {"pending", &dataset_report::pending},
                                             {"total", &dataset_report::total}}};

std::string datasets_json(cycle_report const& report) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> w{buffer};
    w.StartObject();
    for (auto const& d : report.datasets) {
        w.Key(d.name.c_str());
        w.StartObject();
        for (auto const& c : counts) {
            w.Key(c.name);
            w.Uint64(d.*c.count);
        }
        w.EndObject();
    }
    w.EndObject();
    return buffer.GetString();
}

template <class Number>
pg::param number(Number value) {
    return std::to_string(value);
}

// In the order of sql::insert_run().
std::vector<pg::param> common_values(cycle_report const& report, std::string const& error,
                                     std::string const& program_version) {
    return {seconds_since_epoch(report.started),
            seconds_since_epoch(report.finished),
            std::string{to_string(report.mode)},
            report.reason,
            error.empty() ? "success" : "failure",
            number(report.generation),
            number(report.files_written),
            number(report.unchanged()),
            number(report.files_removed),
            number(report.marked()),
            number(report.mark_conflicts()),
            number(report.in_quarantine()),
            number(report.bytes_written),
            number(milliseconds{report.duration}.count()),
            phases_json(report.phases),
            error.empty() ? pg::param{} : pg::param{error},
            host_name(),
            number(::getpid()),
            program_version};
}

bool contains(std::vector<std::string> const& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

} // namespace

bool record_run(sessions& database, sql const& statements, cycle_report const& report, std::string const& error,
                std::string const& program_version) {
    // A table of somebody else would run their triggers with the rights of the exporter.
    auto const there = catalog::columns_of_table(database.writer(), statements, "json_export_runs");
    if (there.empty())
        return false;
    auto values = common_values(report, error, program_version);
    std::vector<std::string> further;
    auto const add = [&](std::string const& column, pg::param value) {
        if (!contains(there, column))
            return;
        further.push_back(column);
        values.push_back(std::move(value));
    };
    for (auto const& d : report.datasets)
        add(d.name + std::string{run_columns::exported_suffix}, number(d.exported));
    add(std::string{run_columns::datasets}, datasets_json(report));
    database.writer().query("record the run", statements.insert_run(further), values);
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

std::vector<run_status> recent_runs(pg::connection& c, sql const& statements, std::vector<std::string> const& columns,
                                    int at_most) {
    std::vector<run_status> runs;
    auto const rows = c.query("read json_export_runs", statements.recent_runs(columns), {std::to_string(at_most)});
    for (int i = 0; i < rows.rows(); ++i)
        runs.push_back({rows.text(i, 0), rows.text(i, 1), rows.text(i, 2), rows.text(i, 3), rows.text(i, 4),
                        rows.integer(i, 5), rows.integer(i, 6), rows.integer(i, 7), rows.integer(i, 8),
                        rows.integer(i, 9), static_cast<double>(rows.integer(i, 10)) / microseconds_of_one});
    return runs;
}

} // namespace notes_export
