#include "notes_export/report.hpp"

#include "notes_export/exporter.hpp"

#include <numeric>

namespace notes_export {

std::string_view to_string(cycle_mode m) noexcept {
    return m == cycle_mode::full ? "full" : "incremental";
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
