#include "mirror/purger.hpp"

#include "mirror/child_process.hpp"
#include "mirror/purge_urls.hpp"
#include "notes_export/error.hpp"

#include <chrono>
#include <exception>
#include <utility>

namespace notes_export::mirror {

namespace {

constexpr std::chrono::minutes longest_command{5};
constexpr std::size_t longest_told = 300;

program shell(std::string const& command, bool too_many) {
    program p;
    p.words = {"/bin/sh", "-c", command};
    p.variables["OSM_NOTES_PURGE_ALL"] = too_many ? "true" : "false";
    p.silence = longest_command;
    p.whole = longest_command;
    return p;
}

/// The last line, which says most.
std::string last_line(std::string text) {
    auto const end = text.find_last_not_of(" \t\r\n");
    text.resize(end == std::string::npos ? 0 : end + 1);
    auto const begin = text.rfind('\n');
    text = begin == std::string::npos ? text : text.substr(begin + 1);
    return text.substr(0, longest_told);
}

std::string joined(std::string const& first, std::string const& second) {
    return first + (first.empty() || second.empty() ? "" : "; ") + second;
}

} // namespace

purger::purger(mirror_config const& config) : m_command{config.purge_command}, m_url{config.purge_url} {}

void purger::waiting::add(step_result const& step) {
    paths.insert(step.changed_now.begin(), step.changed_now.end());
    too_many = too_many || step.too_many_to_purge || paths.size() > most_purged;
    if (too_many)
        paths.clear();
}

void purger::waiting::clear() {
    paths.clear();
    too_many = false;
}

purger::outcome purger::after(step_result const& step, std::stop_token const& stop) {
    remember(step);
    outcome result;
    if (!m_command.empty())
        run_command(result, stop);
    if (!m_url.empty())
        ask_urls(result, stop);
    return result;
}

void purger::remember(step_result const& step) {
    if (!m_command.empty())
        m_for_command.add(step);
    if (!m_url.empty())
        m_for_url.add(step);
}

void purger::run_command(outcome& result, std::stop_token const& stop) {
    if (m_for_command.paths.empty() && !m_for_command.too_many)
        return;
    try {
        child_process command{shell(m_command, m_for_command.too_many), [](std::string_view) {}, stop};
        for (auto const& path : m_for_command.paths)
            command.write(path + '\0');
        if (int const status = command.wait(); status != 0) {
            result.error = "purge_command ended with status " + std::to_string(status);
            auto const said = last_line(command.errors());
            result.error += said.empty() ? "" : ": " + said;
            return;
        }
        result.purged += m_for_command.paths.size();
        m_for_command.clear();
    } catch (cancelled const&) {
        result.error = "purge_command was stopped";
    } catch (std::exception const& e) {
        result.error = std::string{"purge_command: "} + e.what();
    }
}

void purger::ask_urls(outcome& result, std::stop_token const& stop) {
    if (std::exchange(m_for_url.too_many, false))
        result.error = joined(result.error, "more than " + std::to_string(most_purged) +
                                                " files changed: they are not purged one by one, caches keep the old "
                                                "ones as long as they may");
    if (m_for_url.paths.empty())
        return;
    auto asked = purge_urls(m_url, {m_for_url.paths.begin(), m_for_url.paths.end()}, stop);
    result.purged += asked.purged;
    m_for_url.paths = {asked.failed.begin(), asked.failed.end()};
    if (!asked.failed.empty())
        result.error = joined(result.error, std::to_string(asked.failed.size()) + " not purged; " + asked.error);
}

} // namespace notes_export::mirror
