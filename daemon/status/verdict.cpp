#include "status/verdict.hpp"

#include "status/readiness.hpp"

#include <notes_export/utc_text.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace exportd {

namespace {

constexpr std::size_t parts_named = 3;
constexpr std::array<std::string_view, 8> words{
    "Up to date", "Up to date, with remarks", "Standby", "Copies behind", "Starting", "Held back", "Behind", "Failing"};

/// "1 row", "2 rows".
std::string some(std::size_t n, std::string const& one) {
    return std::to_string(n) + ' ' + one + (n == 1 ? "" : "s");
}

class judgement {
public:
    void add(condition what, std::string reason) { m_found.emplace_back(what, std::move(reason)); }

    verdict finish() && {
        std::ranges::stable_sort(m_found, std::greater{}, &finding::first);
        verdict v;
        if (!m_found.empty())
            v.what = m_found.front().first;
        for (auto& [what, reason] : m_found)
            v.reasons.push_back(std::move(reason));
        return v;
    }

private:
    using finding = std::pair<condition, std::string>;
    std::vector<finding> m_found;
};

void judge_cycles(judgement& j, health_state const& s, std::chrono::steady_clock::time_point now) {
    if (!s.standby_for.empty())
        return j.add(condition::standby, "another instance is at work: " + s.standby_for);
    if (!s.error.empty())
        return j.add(condition::failing,
                     "since " + notes_export::utc_text(s.error_since.value_or(s.started)) + ": " + s.error);
    if (!s.last_success)
        return j.add(condition::starting, "no cycle has ended since the start");
    if (auto const problem = why_not_ready(s, now); !problem.empty())
        j.add(condition::behind, problem);
}

void judge_dataset(judgement& j, dataset_health const& d) {
    if (d.shrink_held)
        j.add(condition::held, "removals held back by the shrink guard: " + std::to_string(d.held) + " of " +
                                   std::to_string(d.held_of) + ' ' + d.name +
                                   " are gone from the database; their files and the index stay");
    if (d.index_held)
        j.add(condition::held, "the index of " + d.name + " is larger than [export] index_max_size; the old one stays");
    if (d.quarantined > 0)
        j.add(condition::remarks, some(d.quarantined, "quarantined row") + " of " + d.name + ": the old file stays");
}

std::string last_words(hook_health const& h) {
    return h.last_line.empty() ? "" : "; its last line: " + h.last_line;
}

void judge_copies(judgement& j, health_state const& s) {
    for (auto const& m : s.looked->mirrors.mirrors)
        if (m.bad())
            j.add(condition::copies, m.problem);
    for (auto const& problem : s.looked->mirrors.problems)
        j.add(condition::copies, problem);
    if (!s.hook.problem.empty())
        j.add(condition::copies, "after_publish fails since " +
                                     notes_export::utc_text(s.hook.failing_since.value_or(s.started)) + ": " +
                                     s.hook.problem + last_words(s.hook) + " (the log has its output as hook_output)");
}

void judge_documents(judgement& j, health_state const& s) {
    for (auto const& d : s.refused_documents)
        j.add(condition::remarks, d.reason + "; the file stays as it is");
    for (auto const& d : s.looked->unusable_documents)
        j.add(condition::remarks, d.reason);
}

void judge_surroundings(judgement& j, health_state const& s) {
    if (s.listener != hearing::live && s.standby_for.empty() && s.last_success)
        j.add(condition::remarks, "no notifications, polling instead: " +
                                      (s.listener_problem.empty() ? "not connected yet" : s.listener_problem));
    if (!s.missing.empty()) {
        auto text = some(s.missing.size(), "part") +
                    " of install.sql missing or switched off, so that changes are found "
                    "later and at a higher price; run it again: ";
        for (std::size_t i = 0; i < std::min(parts_named, s.missing.size()); ++i)
            text += (i == 0 ? "" : ", ") + s.missing[i];
        j.add(condition::remarks, text + (s.missing.size() > parts_named ? ", ..." : ""));
    }
    if (!s.read.error.empty())
        j.add(condition::remarks, "rows are read from the primary, not from the standby: " + s.read.error);
    if (s.looked->other)
        j.add(condition::remarks, describe(*s.looked->other));
    if (s.reload_failed)
        j.add(condition::remarks, "the configuration file has mistakes and is not in force; check-config names them");
}

std::string last_change(health_state const& s) {
    auto const changed = [](notes_export::run_status const& r) {
        return r.result == "success" && r.exported + r.files_removed > 0;
    };
    auto const newest = std::find_if(s.runs->rbegin(), s.runs->rend(), changed);
    return newest == s.runs->rend() ? "" : ", last change " + newest->finished_at;
}

} // namespace

std::string_view to_string(condition c) noexcept {
    constexpr std::array<std::string_view, 8> names{"well",     "remarks", "standby", "copies",
                                                    "starting", "held",    "behind",  "failing"};
    return names[static_cast<std::size_t>(c)];
}

std::string_view verdict::word() const noexcept {
    return words[static_cast<std::size_t>(what)];
}

verdict judge(health_state const& s, std::chrono::steady_clock::time_point now) {
    judgement j;
    judge_cycles(j, s, now);
    for (auto const& d : s.datasets)
        judge_dataset(j, d);
    judge_copies(j, s);
    judge_documents(j, s);
    judge_surroundings(j, s);
    return std::move(j).finish();
}

std::string state_line(health_state const& s, std::chrono::steady_clock::time_point now) {
    auto const v = judge(s, now);
    bool const current = v.what <= condition::remarks;
    std::string line{current ? verdict{}.word() : v.word()};
    if (current)
        line += (s.listener == hearing::live ? ", listening" : ", polling") + last_change(s) + ", generation " +
                std::to_string(s.generation);
    std::string_view separator = current ? "; " : v.what == condition::failing ? " " : ": ";
    for (auto const& reason : v.reasons) {
        line.append(separator).append(reason);
        separator = "; ";
    }
    return line;
}

bool tells_an_end(std::string_view line) noexcept {
    return std::ranges::any_of(words, [&](std::string_view word) {
        return word != verdict{condition::starting, {}}.word() && line.starts_with(word);
    });
}

} // namespace exportd
