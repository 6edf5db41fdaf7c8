#include "app/current_settings.hpp"

#include "log/logging.hpp"
#include "settings/export_settings.hpp"
#include "settings/take_over.hpp"

#include <notes_export/check.hpp>

#include <system_error>

namespace exportd {

namespace {

using logging::level;

std::vector<std::string> mistakes_of(loaded_settings const& next, settings const& merged) {
    std::vector<std::string> mistakes;
    for (auto const& m : next.mistakes)
        mistakes.push_back(m.text());
    return mistakes.empty() ? notes_export::mistakes_in_schemas(to_export_config(merged)) : mistakes;
}

} // namespace

bool current_settings::reload() {
    auto const next = m_load();
    auto merged = m_settings;
    take_over(merged, next.value);
    auto const mistakes = mistakes_of(next, merged);
    for (auto const& text : mistakes)
        logging::log(level::error, "setting_refused", text, {});
    if (!mistakes.empty())
        logging::log(level::error, "reload_failed", "The configuration has mistakes; the old one stays in force",
                     {{"mistakes", mistakes.size()}});
    if (!mistakes.empty() || !open_log(next.value.log))
        return false;
    for (auto const& key : needs_restart(m_settings, next.value))
        logging::log(level::warning, "restart_needed", "This setting changes with the next restart",
                     {{"setting", key}});
    m_settings = std::move(merged);
    return true;
}

bool current_settings::open_log(logging::config const& next) const {
    try {
        if (next == m_settings.log)
            logging::reopen();
        else
            logging::configure(next);
        return true;
    } catch (std::system_error const& e) {
        logging::log(level::error, "reload_failed", "The log file could not be opened; the old settings stay in force",
                     {{"error", e.what()}});
        return false;
    }
}

} // namespace exportd
