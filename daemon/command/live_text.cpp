#include "command/live_text.hpp"

#include "log/safe_text.hpp"
#include "status/figure_text.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace exportd {

namespace {

constexpr std::size_t label_width = 11;

std::string line(std::string label, std::string const& text) {
    label.resize(std::max(label_width, label.size() + 1), ' ');
    return label + logging::printable(text) + '\n';
}

std::string seconds_text(double s) {
    return duration_text(std::chrono::duration<double>{std::floor(s)});
}

std::string figure(double n) {
    return count_text(static_cast<std::int64_t>(n));
}

} // namespace

live_state::live_state(daemon_answer answer, std::optional<std::filesystem::path> const& directory)
    : m_json{std::move(answer.json)}, m_problem{std::move(answer.problem)}, m_absent{answer.absent} {
    if (!m_problem.empty())
        return;
    while (m_json.ends_with('\n'))
        m_json.pop_back();
    m_document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(m_json.c_str());
    if (m_document.HasParseError() || !m_document.IsObject()) {
        m_problem = "what the daemon tells is not understood";
    } else if (auto const other = text(m_document, "directory"); directory && other != directory->native()) {
        m_problem = "the daemon that answers publishes another tree, " + other;
        m_absent = true;
    }
}

live_state::value const* live_state::member(value const& of, char const* name) {
    auto const found = of.FindMember(name);
    return found == of.MemberEnd() ? nullptr : &found->value;
}

std::string live_state::text(value const& of, char const* name) {
    auto const* const m = member(of, name);
    return m != nullptr && m->IsString() ? std::string{m->GetString(), m->GetStringLength()} : "";
}

double live_state::number(value const& of, char const* name) {
    auto const* const m = member(of, name);
    double const n = m != nullptr && m->IsNumber() ? m->GetDouble() : 0;
    return std::clamp(n, 0.0, 1e15);
}

std::string live_state::lines() const {
    return daemon_lines() + cycle_line() + listener_line() + dataset_lines() + hook_line() + error_line();
}

std::string live_state::daemon_lines() const {
    auto lines =
        line("Daemon", text("word") + ", process " + std::to_string(static_cast<long>(number(m_document, "pid"))) +
                           ", running since " + text("started_at"));
    if (auto const* const reasons = member(m_document, "reasons"); reasons != nullptr && reasons->IsArray())
        for (auto const& r : reasons->GetArray())
            if (r.IsObject())
                lines += line("", text(r, "text"));
    return lines;
}

std::string live_state::cycle_line() const {
    auto const* const c = member(m_document, "cycle");
    if (c == nullptr || !c->IsObject())
        return line("Cycle", "none running");
    auto progress = "running since " + text(*c, "running_since") + ", for " + seconds_text(number(*c, "seconds")) +
                    ": " + text(*c, "phase");
    if (number(*c, "rows") > 0)
        progress += ", " + figure(number(*c, "rows_done")) + " of " + figure(number(*c, "rows")) + " rows";
    if (number(*c, "rows_per_second") > 0)
        progress += ", " + figure(number(*c, "rows_per_second")) + " a second";
    if (auto const* const left = member(*c, "seconds_left"); left != nullptr && left->IsNumber())
        progress += ", " + seconds_text(number(*c, "seconds_left")) + " left";
    return line("Cycle", progress);
}

std::string live_state::listener_line() const {
    auto const problem = text("listener_problem");
    auto const proven = text("listener_verified_at");
    return line("Listener", text("listener") + (problem.empty() ? "" : ", polling instead: " + problem) +
                                (proven.empty() ? "" : "; proven " + proven));
}

std::string live_state::dataset_lines() const {
    std::string held, quarantined;
    auto const* const datasets = member(m_document, "datasets");
    if (datasets != nullptr && datasets->IsArray())
        for (auto const& d : datasets->GetArray()) {
            if (!d.IsObject())
                continue;
            auto const name = text(d, "name");
            if (number(d, "held") > 0)
                held += (held.empty() ? "holds back " : ", ") + figure(number(d, "held")) + " of " +
                        figure(number(d, "held_of")) + ' ' + name;
            if (number(d, "quarantined") > 0)
                quarantined += (quarantined.empty() ? "" : ", ") + figure(number(d, "quarantined")) + ' ' + name;
        }
    return line("Guard", held.empty() ? "holds nothing back" : held) +
           line("Quarantine", quarantined.empty() ? "none" : quarantined);
}

std::string live_state::hook_line() const {
    auto const* const hook = member(m_document, "hook");
    if (hook == nullptr || !hook->IsObject())
        return "";
    auto const problem = text(*hook, "problem");
    auto const succeeded = text(*hook, "last_success_at");
    if (problem.empty() && succeeded.empty()) // there is none, or it has not run since the start
        return "";
    auto const last = text(*hook, "last_line");
    return line("Hook", (problem.empty() ? "ran well at " + succeeded
                                         : "fails since " + text(*hook, "failing_since") + ": " + problem) +
                            (last.empty() ? "" : "; last line: " + last));
}

std::string live_state::error_line() const {
    auto const error = text("last_error");
    if (error.empty())
        return line("Last error", "none since the start");
    auto const since = text("failing_since");
    return line("Last error",
                text("last_error_at") + (since.empty() ? ", over: " : ", failing since " + since + ": ") + error);
}

} // namespace exportd
