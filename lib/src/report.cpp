#include "notes_export/report.hpp"

#include "notes_export/verify.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace notes_export {

std::string_view to_string(cycle_mode m) noexcept {
    return m == cycle_mode::full ? "full" : "incremental";
}

std::string refusal_text(std::string_view keyword, std::string_view pointer, std::string_view detail) {
    return std::string{keyword}.append(" at \"").append(pointer).append("\": ").append(detail);
}

std::string_view to_string(phase p) noexcept {
    constexpr std::array<std::string_view, phase_count> names{"detect", "read", "render",  "check", "stage",
                                                              "index",  "sync", "publish", "mark"};
    return names[static_cast<std::size_t>(p)];
}

std::string_view to_string(drift::kind k) noexcept {
    constexpr std::array<std::string_view, 4> names{"missing", "differs", "orphan", "invalid"};
    return names[static_cast<std::size_t>(k)];
}

namespace {

std::size_t sum(cycle_report const& report, std::size_t dataset_report::*member) noexcept {
    return std::accumulate(report.datasets.begin(), report.datasets.end(), std::size_t{0},
                           [member](std::size_t n, dataset_report const& d) { return n + d.*member; });
}

} // namespace

void cycle_report::add(cycle_report&& next) {
    finished = next.finished;
    duration += next.duration;
    phases.add(next.phases);
    for (std::size_t i = 0; i < datasets.size(); ++i) {
        auto& d = next.datasets.at(i);
        for (auto const member : {&dataset_report::rows_read, &dataset_report::exported, &dataset_report::unchanged,
                                  &dataset_report::removed, &dataset_report::marked, &dataset_report::mark_conflicts,
                                  &dataset_report::shards_written, &dataset_report::shards_removed})
            d.*member += datasets[i].*member;
        d.index_written = d.index_written || datasets[i].index_written;
        d.index_merged = d.index_merged || datasets[i].index_merged;
        d.index_refused = d.index_refused || (datasets[i].index_refused && d.index_held);
    }
    datasets = std::move(next.datasets);
    files_written += next.files_written;
    files_removed += next.files_removed;
    bytes_written += next.bytes_written;
    generation = next.generation;
    version = std::move(next.version);
    std::ranges::move(next.quarantined, std::back_inserter(quarantined));
    for (auto const& [schema, failures] : next.validation_failures)
        validation_failures[schema] += failures;
    std::ranges::move(next.refused_indexes, std::back_inserter(refused_indexes));
    std::ranges::move(next.large_indexes, std::back_inserter(large_indexes));
    std::ranges::move(next.allowed_shrinks, std::back_inserter(allowed_shrinks));
    refused_documents = std::move(next.refused_documents);
    std::ranges::move(next.warnings, std::back_inserter(warnings));
    missing = std::move(next.missing);
    other.add(next.other);
    next.read.changed = next.read.changed || read.changed;
    read = std::move(next.read);
    published = published || next.published;
}

std::size_t cycle_report::exported() const noexcept {
    return sum(*this, &dataset_report::exported);
}
std::size_t cycle_report::unchanged() const noexcept {
    return sum(*this, &dataset_report::unchanged);
}
std::size_t cycle_report::marked() const noexcept {
    return sum(*this, &dataset_report::marked);
}
std::size_t cycle_report::mark_conflicts() const noexcept {
    return sum(*this, &dataset_report::mark_conflicts);
}
std::size_t cycle_report::in_quarantine() const noexcept {
    return sum(*this, &dataset_report::quarantined);
}

} // namespace notes_export
