#pragma once

#include <notes_export/mirrors.hpp>

#include <prometheus/metric_family.h>
#include <vector>

namespace exportd {

/// The figures of all mirrors, label `mirror`. Made anew each time: a mirror whose file was removed is gone from them.
std::vector<prometheus::MetricFamily> mirror_families(notes_export::mirror_views const& views);

} // namespace exportd
