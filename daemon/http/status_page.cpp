#include "http/status_page.hpp"

#include "http/mirror_rows.hpp"
#include "http/status_charts.hpp"
#include "status/figure_text.hpp"
#include "status/readiness.hpp"
#include "status/running_cycle.hpp"
#include "status/verdict.hpp"

#include <notes_export/utc_text.hpp>

#include <algorithm>
#include <numeric>

namespace exportd {

namespace {

using steady_time = std::chrono::steady_clock::time_point;

constexpr std::size_t runs_shown = 12;

std::string cell(std::string const& html) {
    return "<td>" + html + "</td>";
}

std::string number_cell(std::string const& html) {
    return "<td class=\"n\">" + html + "</td>";
}

std::string quiet(std::string const& html) {
    return "<p class=\"quiet\">" + html + "</p>";
}

/// A table that scrolls for itself on a narrow screen. `head`: names of columns, "#" before those of figures.
std::string table(std::vector<std::string> const& head, std::string const& rows) {
    std::string html = "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>";
    for (auto const& name : head)
        html += name.starts_with('#') ? "<th scope=\"col\" class=\"n\">" + name.substr(1) + "</th>"
                                      : "<th scope=\"col\">" + name + "</th>";
    return html + "</tr></thead><tbody>" + rows + "</tbody></table></div>";
}

std::string doing(health_state const& s, steady_time now) {
    auto const c = look_at_cycle(s, now);
    if (!c)
        return "Waiting for the next change.";
    return "A cycle is running for " + duration_text(c->elapsed) + " (" + progress_text(*c) + ").";
}

char const* colour(verdict const& v) {
    return v.what == condition::well ? "good" : v.good() || v.what == condition::starting ? "warn" : "bad";
}

std::string verdict_section(health_state const& s, steady_time now) {
    auto const v = judge(s, now);
    std::string html = "<section class=\"verdict " + std::string{colour(v)} +
                       "\" aria-label=\"State\"><p class=\"word\">" + std::string{v.word()} + "</p>";
    for (auto const& reason : v.reasons)
        html += "<p>" + html_text(reason, 600) + "</p>";
    return html + "<p>" + doing(s, now) + "</p></section>";
}

std::string figure(std::string const& name, std::string const& value, std::string const& note,
                   std::string const& kind = "") {
    return "<div><dt>" + name + "</dt><dd" + (kind.empty() ? "" : " class=\"" + kind + '"') + ">" + value +
           "</dd><dd class=\"note\">" + (note.empty() ? "&nbsp;" : note) + "</dd></div>";
}

std::size_t total(health_state const& s, std::size_t dataset_health::*member) {
    return std::accumulate(s.datasets.begin(), s.datasets.end(), std::size_t{0},
                           [member](std::size_t n, dataset_health const& d) { return n + d.*member; });
}

std::string pending_figures(health_state const& s, steady_time now) {
    auto const age = oldest_pending_age(s, now);
    bool const old = age && *age > readiness_limit(s);
    return figure("Oldest waiting", age ? duration_text(std::chrono::floor<std::chrono::seconds>(*age)) : "unknown",
                  "at most", old ? "bad" : "") +
           figure("Rows waiting", count_text(static_cast<std::int64_t>(total(s, &dataset_health::pending))),
                  "at the last look");
}

std::string listener_figure(health_state const& s, std::chrono::system_clock::time_point now) {
    auto const note = s.listener != hearing::live ? "polling instead"
                      : s.verified                ? "proven " + ago_html(*s.verified, now)
                                                  : "not proven yet";
    return figure("Notifications", std::string{to_string(s.listener)}, note, s.listener == hearing::live ? "" : "warn");
}

std::string figures(health_state const& s, steady_time now) {
    auto const wall = std::chrono::system_clock::now();
    std::optional<std::chrono::system_clock::time_point> success;
    for (auto const& [mode, when] : s.succeeded)
        success = std::max(success, std::optional{when});
    auto const full = s.succeeded.find(notes_export::cycle_mode::full);
    auto const quarantined = total(s, &dataset_health::quarantined);
    return "<dl class=\"figures\">" + pending_figures(s, now) +
           figure("Last good cycle", success ? ago_html(*success, wall) : "none yet",
                  full == s.succeeded.end() ? "no full one yet" : "full: " + ago_html(full->second, wall),
                  success ? "" : "warn") +
           listener_figure(s, wall) +
           figure("Quarantined", count_text(static_cast<std::int64_t>(quarantined)),
                  quarantined == 0 ? "every row fits" : "old files stay", quarantined == 0 ? "" : "warn") +
           figure("Generation", s.generation == 0 ? "unknown" : count_text(static_cast<std::int64_t>(s.generation)),
                  s.version.empty() ? "" : "format " + html_text(s.version, 40)) +
           figure("Disk space left",
                  s.available_bytes ? bytes_text(static_cast<double>(*s.available_bytes)) : "unknown", "") +
           "</dl>";
}

std::string datasets(health_state const& s, steady_time now) {
    std::string rows;
    for (auto const& d : s.datasets) {
        auto const age = oldest_pending_age(s, d, now);
        rows += "<tr><th scope=\"row\">" + html_text(d.name) + "</th>" +
                number_cell(s.last_success ? count_text(static_cast<std::int64_t>(d.published)) : "unknown") +
                number_cell(count_text(static_cast<std::int64_t>(d.pending))) +
                number_cell(age ? duration_text(std::chrono::floor<std::chrono::seconds>(*age)) : "unknown") +
                number_cell(count_text(static_cast<std::int64_t>(d.quarantined))) +
                number_cell(d.index_bytes ? bytes_text(static_cast<double>(*d.index_bytes)) : "none") +
                cell(d.shrink_held ? "<span class=\"bad\">holds back " + count_text(static_cast<std::int64_t>(d.held)) +
                                         " of " + count_text(static_cast<std::int64_t>(d.held_of)) + "</span>"
                                   : "holds nothing back") +
                "</tr>";
    }
    return table({"Dataset", "#Published", "#Waiting", "#For up to", "#Quarantined", "#Index", "Shrink guard"}, rows);
}

std::string phases(health_state const& s) {
    if (!s.last_cycle)
        return quiet("No cycle has done anything since the start.");
    auto const& c = *s.last_cycle;
    std::chrono::duration<double> greatest{0};
    for (std::size_t i = 0; i < notes_export::phase_count; ++i)
        greatest = std::max<std::chrono::duration<double>>(greatest, c.phases.of(static_cast<notes_export::phase>(i)));
    std::string html = "<p class=\"quiet\">" + std::string{to_string(c.mode)} + " cycle of " +
                       duration_text(c.duration) + ", " + ago_html(c.finished, std::chrono::system_clock::now()) +
                       "; read to stage are summed over threads</p><dl class=\"phases\">";
    for (std::size_t i = 0; i < notes_export::phase_count; ++i) {
        auto const p = static_cast<notes_export::phase>(i);
        std::chrono::duration<double> const spent = c.phases.of(p);
        html += "<div><dt>" + std::string{to_string(p)} + "</dt><dd>" + duration_text(spent) +
                share_bar(greatest.count() > 0 ? spent / greatest : 0) + "</dd></div>";
    }
    return html + "</dl>";
}

std::string warnings(health_state const& s) {
    if (s.warnings.empty())
        return "";
    std::string html = "<section aria-labelledby=\"warnings\"><h2 id=\"warnings\">Warnings of the last cycle</h2><ul>";
    for (auto const& text : s.warnings)
        html += "<li>" + html_text(text, 600) + "</li>";
    return html + "</ul></section>";
}

std::string quarantine(health_state const& s) {
    auto const& rows = *s.quarantined;
    if (rows.empty())
        return quiet("None. A row that does not fit its schema would be shown here with the reason.");
    std::string html;
    for (auto const& r : rows) {
        auto const id = std::to_string(r.id);
        html.append("<tr>").append(cell(html_text(r.dataset)));
        html.append("<td class=\"n\"><a href=\"/profile?dataset=").append(html_text(r.dataset));
        html.append("&amp;id=").append(id).append("\">").append(id).append("</a></td>");
        html.append("<td class=\"text\">").append(html_text(r.name, 80)).append("</td>");
        html.append("<td><code>").append(html_text(r.pointer, 120)).append("</code></td>");
        html.append(cell(html_text(r.keyword)));
        html.append("<td class=\"text\">").append(html_text(r.detail)).append("</td></tr>");
    }
    auto const all = total(s, &dataset_health::quarantined);
    return table({"Dataset", "#Id", "Name", "Where", "Violates", "Why"}, html) +
           (all > rows.size() ? quiet("and " + count_text(static_cast<std::int64_t>(all - rows.size())) +
                                      " more; see <code>osm-notes-exportd status --json</code>")
                              : "");
}

/// "2026-11-22T16:00:00Z" -> "2026-11-22 16:00:00"
std::string without_letters(std::string const& rfc3339) {
    return rfc3339.size() == 20 ? rfc3339.substr(0, 10) + ' ' + rfc3339.substr(11, 8) : rfc3339;
}

std::string run_row(notes_export::run_status const& r) {
    bool const good = r.result == "success";
    return "<tr><td class=\"nowrap\">" + html_text(without_letters(r.finished_at)) + "</td>" + cell(html_text(r.mode)) +
           (good ? cell("success") : cell("<span class=\"bad\">" + html_text(r.result) + "</span>")) +
           number_cell(duration_text(std::chrono::duration<double, std::milli>{r.duration_ms})) +
           number_cell(count_text(r.exported)) + number_cell(count_text(r.files_written)) +
           number_cell(count_text(r.files_removed)) + number_cell(bytes_text(static_cast<double>(r.bytes_written))) +
           "<td class=\"text\">" + html_text(good ? r.reason : r.error) + "</td></tr>";
}

std::string newest_runs(health_state const& s) {
    if (s.runs->empty())
        return quiet("None yet.");
    std::string rows;
    auto const count = std::min(runs_shown, s.runs->size());
    std::for_each(s.runs->rbegin(), s.runs->rbegin() + static_cast<std::ptrdiff_t>(count),
                  [&](auto const& r) { rows += run_row(r); });
    return table({"End (UTC)", "Mode", "Result", "#Duration", "#Profiles", "#Files", "#Removed", "#Written", "Reason"},
                 rows);
}

} // namespace

std::string profile_form(std::vector<notes_export::dataset> const& kinds, std::string_view chosen,
                         std::string_view id) {
    std::string choices;
    for (auto const& d : kinds)
        choices +=
            "<option value=\"" + d.name + '"' + (d.name == chosen ? " selected" : "") + '>' + d.singular + "</option>";
    return "<form method=\"get\" action=\"/profile\"><label>Kind <select name=\"dataset\">" + choices +
           "</select></label><label>Id <input name=\"id\" inputmode=\"numeric\" pattern=\"[0-9]{1,18}\" size=\"12\" "
           "autocomplete=\"off\" required value=\"" +
           html_text(id, 40) + "\"></label><button>Show</button></form>";
}

html_page status_page(health_state const& s, std::vector<notes_export::dataset> const& kinds, steady_time now) {
    auto const wall = notes_export::utc_text(std::chrono::system_clock::now());
    return fill_page(
        page_files::status_html,
        {{"title", std::string{judge(s, now).good() && s.standby_for.empty() ? "Up to date" : "Attention"} +
                       " - osm-notes-exportd"},
         {"program",
          std::string{EXPORTD_VERSION} + ", publishing <code>" + html_text(s.directory.native()) + "</code>"},
         {"now", wall},
         {"now_text", without_letters(wall)},
         {"verdict", verdict_section(s, now)},
         {"figures", figures(s, now)},
         {"datasets", datasets(s, now)},
         {"mirrors", mirrors_section(s.looked->mirrors, std::chrono::system_clock::now())},
         {"run_count", std::to_string(s.runs->size())},
         {"charts", cycle_charts(*s.runs)},
         {"phases", phases(s)},
         {"warnings", warnings(s)},
         {"quarantine", quarantine(s)},
         {"runs", newest_runs(s)},
         {"form", profile_form(kinds, "", "")}});
}

} // namespace exportd
