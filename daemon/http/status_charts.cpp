#include "http/status_charts.hpp"

#include "http/html_page.hpp"
#include "status/figure_text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>

namespace exportd {

namespace {

using run = notes_export::run_status;

constexpr int bar_pitch = 6;
constexpr int bar_width = 4;
constexpr int bars = 100;
constexpr int height = 60;
constexpr double least_bar = 2; // something is not nothing

struct chart {
    std::string title;
    std::function<double(run const&)> value;
    std::function<std::string(double)> text;
    double one; ///< the value that gets the first step of the scale
};

// A full export is some thousand times an incremental one: only on a logarithmic scale both can be seen.
double bar_height(double value, double greatest, double one) {
    if (value <= 0)
        return 0;
    return std::max(least_bar, height * std::log1p(value / one) / std::log1p(greatest / one));
}

std::string number(double n) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", n);
    return text;
}

std::string bar(run const& r, std::size_t position, double h, std::string const& label) {
    char const* const kind = r.result != "success" ? " class=\"x\"" : r.mode == "full" ? " class=\"f\"" : "";
    return "<rect x=\"" + std::to_string(position * bar_pitch) + "\" y=\"" + number(height - h) + "\" width=\"" +
           std::to_string(bar_width) + "\" height=\"" + number(h) + '"' + kind + "><title>" +
           html_text(r.finished_at + ", " + r.mode + ", " + r.result) + ": " + label + "</title></rect>";
}

std::string draw(chart const& c, std::vector<run> const& runs) {
    double greatest = 0;
    for (auto const& r : runs)
        greatest = std::max(greatest, c.value(r));
    auto const newest = c.value(runs.back());
    auto const summary = "newest " + c.text(newest) + ", most " + c.text(greatest);
    std::string html =
        "<figure><figcaption>" + c.title + " <span>" + summary +
        "</span></figcaption><svg class=\"chart\" role=\"img\" aria-label=\"" + c.title + " of " +
        std::to_string(runs.size()) + " cycles: " + summary + "\" preserveAspectRatio=\"none\" viewBox=\"0 0 " +
        std::to_string(bars * bar_pitch - (bar_pitch - bar_width)) + ' ' + std::to_string(height) + "\">";
    auto const free = bars - std::min<std::size_t>(bars, runs.size()); // the newest is always at the right
    for (std::size_t i = 0; i < std::min<std::size_t>(bars, runs.size()); ++i) {
        auto const value = c.value(runs[i]);
        bool const failed = runs[i].result != "success";
        auto const h = std::max(bar_height(value, greatest, c.one), failed ? least_bar : 0.0);
        html += bar(runs[i], free + i, h, c.text(value));
    }
    return html + "</svg></figure>";
}

std::string key_entry(std::string const& kind, std::string const& meaning) {
    return "<span><svg class=\"chart\" viewBox=\"0 0 1 1\" aria-hidden=\"true\"><rect width=\"1\" height=\"1\"" +
           (kind.empty() ? "" : " class=\"" + kind + '"') + "/></svg>" + meaning + "</span>";
}

} // namespace

std::string cycle_charts(std::vector<run> const& runs) {
    if (runs.empty())
        return "<p class=\"quiet\">No cycle has done anything yet.</p>";
    auto const count = [](double n) { return count_text(std::llround(n)); };
    chart const charts[] = {
        {"Duration", [](run const& r) { return r.duration_ms; },
         [](double ms) { return duration_text(std::chrono::duration<double, std::milli>{ms}); }, 1},
        {"Files written", [](run const& r) { return static_cast<double>(r.files_written); }, count, 1},
        {"Bytes written", [](run const& r) { return static_cast<double>(r.bytes_written); }, bytes_text, 1000}};
    std::string html = "<div class=\"charts\">";
    for (auto const& c : charts)
        html += draw(c, runs);
    return html + "</div><p class=\"key\">" + key_entry("", "incremental") + key_entry("f", "full") +
           key_entry("x", "failed") +
           "<span>Logarithmic scale, oldest at the left. Cycles that found nothing to do are not shown.</span></p>";
}

std::string share_bar(double share) {
    return "<svg class=\"spent\" viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect "
           "width=\"" +
           number(100 * std::clamp(share, 0.0, 1.0)) + "\" height=\"1\"/></svg>";
}

} // namespace exportd
