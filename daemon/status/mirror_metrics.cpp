#include "status/mirror_metrics.hpp"

#include <functional>
#include <string>

namespace exportd {

namespace {

using notes_export::mirror_view;
using prometheus::MetricFamily;
using prometheus::MetricType;

/// One series for each mirror. A counter's value is the mirror's own, and begins anew when that is started.
MetricFamily family(std::string const& name, std::string help, MetricType type, notes_export::mirror_views const& views,
                    std::function<double(mirror_view const&)> const& value) {
    MetricFamily made;
    made.name = "osmnotes_export_mirror_" + name;
    made.help = std::move(help);
    made.type = type;
    for (auto const& m : views.mirrors) {
        auto& series = made.metric.emplace_back();
        auto& label = series.label.emplace_back();
        label.name = "mirror";
        label.value = m.said.name;
        (type == MetricType::Counter ? series.counter.value : series.gauge.value) = value(m);
    }
    return made;
}

} // namespace

std::vector<MetricFamily> mirror_families(notes_export::mirror_views const& views) {
    auto const gauge = [&](std::string const& name, std::string help, auto const& value) {
        return family(name, std::move(help), MetricType::Gauge, views, value);
    };
    return {
        gauge(
            "up",
            "1 while the mirror runs: its file in .exportd/mirrors was written within three minutes; also after a run "
            "with --once that ended well.",
            [](mirror_view const& m) { return m.running() ? 1.0 : 0.0; }),
        gauge("failing", "1 while the steps of the mirror fail.",
              [](mirror_view const& m) { return m.failing() ? 1.0 : 0.0; }),
        gauge("generation", "Generation in the target of the mirror; 0 is nothing yet.",
              [](mirror_view const& m) { return static_cast<double>(m.said.generation); }),
        gauge("lag_seconds", "For how long the tree has had a newer generation than the target; 0: it has not.",
              [](mirror_view const& m) { return static_cast<double>(m.lag.count()); }),
        gauge("last_step_timestamp_seconds", "When the target got its generation; 0 is never.",
              [](mirror_view const& m) { return static_cast<double>(m.said.generation_time); }),
        family("errors_total", "Steps of the mirror that failed, since it was started.", MetricType::Counter, views,
               [](mirror_view const& m) { return static_cast<double>(m.said.errors); })};
}

} // namespace exportd
