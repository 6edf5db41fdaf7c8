#include "source/export_log.hpp"

#include "source/watching.hpp"

#include <algorithm>
#include <array>

namespace notes_export {

namespace {

void take_line(logged_changes& changes, pg::result const& line, int i) {
    changes.lines.push_back(line.integer(i, 0));
    if (!line.null(i, 2))
        changes.rows.keys.insert(line.integer(i, 2));
    else if (!line.null(i, 3))
        changes.rows.ids.insert(line.integer(i, 3));
    else
        changes.anything = true;
}

void take_mark(export_log& log, pg::result const& line, int i) {
    std::string const reason = line.null(i, 4) ? "" : std::string{line.text(i, 4)};
    if (line.null(i, 2) || !reason.starts_with(marked_by_reason))
        return;
    ++log.marked_by_others;
    log.marked_by = reason.substr(marked_by_reason.size());
}

} // namespace

export_log read_export_log(pg::connection& c, sql const& statements) {
    export_log log;
    auto const lines =
        c.prepared("read json_export_log", statements.log(), std::array<pg::param, 1>{statements.names_in_log()});
    for (int i = 0; i < lines.rows(); ++i) {
        if (!lines.null(i, 5)) {
            log.shrinks.push_back({lines.integer(i, 0), lines.integer(i, 5)});
        } else if (lines.null(i, 1)) {
            log.full_request = lines.null(i, 4) ? "requested" : lines.text(i, 4);
            log.full_lines.push_back(lines.integer(i, 0));
        } else {
            take_line(log.datasets[dataset_of(lines.text(i, 1), statements.datasets())], lines, i);
            take_mark(log, lines, i);
        }
    }
    return log;
}

std::int64_t export_log::newest_shrink() const noexcept {
    std::int64_t newest = 0;
    for (auto const& request : shrinks)
        newest = std::max(newest, request.when);
    return newest;
}

std::vector<std::int64_t> export_log::spent_shrinks(std::int64_t used) const {
    std::vector<std::int64_t> lines;
    for (auto const& request : shrinks)
        if (request.when <= used)
            lines.push_back(request.line);
    return lines;
}

} // namespace notes_export
