#include "notes_export/status.hpp"

#include "cycle/quarantine.hpp"
#include "cycle/run_statistics.hpp"
#include "cycle/shrink_allowance.hpp"
#include "document/metadata.hpp"
#include "index/refused_indexes.hpp"
#include "notes_export/unusable_documents.hpp"
#include "notes_export/utc_text.hpp"
#include "publish/journal.hpp"
#include "publish/shrink_file.hpp"
#include "publish/tree_lock.hpp"
#include "source/catalog.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

namespace notes_export {

namespace {

constexpr int runs_shown = 10;
/// Whoever asks waits for the answer; what holds a table may hold it for hours.
constexpr std::chrono::milliseconds longest_statement{60'000};

void read_tree(export_config const& config, status_report& status) {
    if (!std::filesystem::exists(config.directory))
        return;
    tree const files{config.directory, false};
    if (auto const text = files.read(metadata::path)) // first: anybody may read it
        if (auto const live = metadata::parse(*text)) {
            status.export_date = live->export_date();
            status.generation = live->generation;
            status.version = live->version;
        }
    status.holder = tree_lock::holder(files);
    status.refused_indexes = read_refused_indexes(files);
    status.quarantined =
        quarantine::parse(files.read(journal::quarantine_path, quarantine::longest_text).value_or("[]"));
    status.unusable_documents = unusable_documents(config.directory, config.documents);
    auto const now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    status.other = other_exporter_of(config.directory, now);
    status.mirrors = mirrors_of(config.directory, now);
}

// Of the tree alone, or with what the database says.
void find_shrink_allowance(export_config const& config, status_report& status, std::int64_t in_database) {
    if (!std::filesystem::exists(config.directory))
        return;
    tree const files{config.directory, false};
    auto const used = used_shrink_allowances::parse(files.read(journal::used_shrinks_path).value_or(""));
    auto const until = shrink_allowed_until({shrink_file::read(files), in_database}, used, status.generation,
                                            microseconds(std::chrono::system_clock::now()));
    if (until > 0)
        status.shrink_allowed_until = utc_text(std::chrono::system_clock::time_point{std::chrono::microseconds{until}});
}

/// What cannot be read of the tree was told before, or is told now; the database has more to say.
void look_for_shrink_allowance(export_config const& config, status_report& status, std::int64_t in_database) {
    try {
        find_shrink_allowance(config, status, in_database);
    } catch (std::system_error const& e) {
        if (status.tree_problem.empty())
            status.tree_problem = e.what();
    }
}

dataset_status count_rows(pg::connection& c, sql const& statements, dataset const& d,
                          std::vector<quarantined_row> const& quarantined) {
    std::vector<std::int64_t> keys;
    std::vector<std::uint32_t> versions;
    std::vector<std::int64_t> ids;
    for (auto const& row : quarantined)
        if (row.dataset == d.name) {
            keys.push_back(row.key);
            versions.push_back(row.version);
            ids.push_back(row.id);
        }
    auto const counts = c.query("count rows of " + d.table, statements.counts(d),
                                {array_text(keys), array_text(versions), array_text(ids)});
    return {d.name, counts.integer(0, 0), counts.integer(0, 1), static_cast<std::int64_t>(keys.size())};
}

void read_database(export_config const& config, status_report& status) {
    sql const statements{config};
    pg::connection c{config, "status"};
    c.limit_statements(std::min(config.statement_timeout, longest_statement));
    auto const found = catalog::read(c, statements);
    status.missing = found.missing();
    status.installed = status.missing.empty();
    if (found.has_table("json_export_log"))
        look_for_shrink_allowance(config, status,
                                  c.query("look for an allowed shrink", statements.shrink_allowed()).integer(0, 0));
    for (auto const& d : statements.datasets())
        status.datasets.push_back(count_rows(c, statements, d, status.quarantined));
    if (auto const columns = found.columns_of_table("json_export_runs"); !columns.empty()) {
        status.runs = recent_runs(c, statements, columns, runs_shown);
        status.success = newest_success(c, statements);
    }
}

} // namespace

status_report read_tree_status(export_config const& config) {
    status_report status;
    try {
        read_tree(config, status);
        find_shrink_allowance(config, status, 0);
    } catch (std::system_error const& e) {
        status.tree_problem = e.what();
    }
    return status;
}

status_report read_status(export_config const& config) {
    auto status = read_tree_status(config);
    try {
        read_database(config, status);
    } catch (std::runtime_error const& e) { // a password file that cannot be read is no error of the database
        status.database_problem = e.what();
    }
    return status;
}

} // namespace notes_export
