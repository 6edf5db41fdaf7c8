#include "http/mirror_rows.hpp"

#include "http/html_page.hpp"
#include "status/figure_text.hpp"

namespace exportd {

namespace {

using notes_export::mirror_condition;
using notes_export::mirror_view;

char const* colour(mirror_view const& m) {
    return m.bad() ? "bad" : m.is == mirror_condition::behind ? "warn" : "good";
}

char const* word(mirror_condition c) {
    switch (c) {
    case mirror_condition::current:
        return "current";
    case mirror_condition::behind:
        return "behind";
    case mirror_condition::far_behind:
        return "far behind";
    case mirror_condition::failing:
        return "failing";
    case mirror_condition::not_running:
        break;
    }
    return "not running";
}

/// The name of the column is shown where there are no columns.
std::string cell(std::string const& name, std::string const& html) {
    return "<td data-name=\"" + name + "\">" + html + "</td>";
}

std::string row(mirror_view const& m, std::chrono::system_clock::time_point now) {
    auto const& s = m.said;
    std::chrono::system_clock::time_point const step{std::chrono::seconds{s.generation_time}};
    auto const where = html_text(s.kind, 20) + ' ' + html_text(s.url);
    return "<tr><th scope=\"row\">" + html_text(s.name) + "</th><td><span class=\"" + colour(m) + "\">" + word(m.is) +
           "</span></td>" + cell("Generation", s.generation == 0 ? "none yet" : std::to_string(s.generation)) +
           cell("Lag", m.lag.count() == 0 ? "none" : duration_text(m.lag)) +
           cell("Last step", s.generation_time == 0 ? "none yet" : ago_html(step, now)) +
           cell("Errors", std::to_string(s.errors)) + "<td class=\"text\">" + where +
           (m.problem.empty() ? "" : "<br>" + html_text(m.problem, 600)) + "</td></tr>";
}

} // namespace

std::string mirrors_section(notes_export::mirror_views const& views, std::chrono::system_clock::time_point now) {
    if (views.mirrors.empty() && views.problems.empty())
        return "";
    std::string html = "<section aria-labelledby=\"mirrors\"><h2 id=\"mirrors\">Mirrors</h2>";
    if (!views.mirrors.empty()) {
        html += "<div class=\"scroll\" tabindex=\"0\"><table class=\"wraps\"><thead><tr>";
        for (auto const* const name : {"Mirror", "State", "Generation", "Lag", "Last step", "Errors", "Where"})
            html.append("<th scope=\"col\">").append(name).append("</th>");
        html += "</tr></thead><tbody>";
        for (auto const& m : views.mirrors)
            html += row(m, now);
        html += "</tbody></table></div>";
    }
    for (auto const& problem : views.problems)
        html += "<p class=\"bad\">" + html_text(problem, 600) + "</p>";
    return html + "</section>";
}

} // namespace exportd
