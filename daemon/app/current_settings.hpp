#pragma once

#include "settings/load_settings.hpp"

#include <functional>

namespace exportd {

/**
 * The settings in force, and how they are replaced while the daemon runs.
 *
 * Thread  one at a time.
 */
class current_settings {
public:
    /// `load` reads them anew.
    current_settings(settings s, std::function<loaded_settings()> load)
        : m_settings{std::move(s)}, m_load{std::move(load)} {}

    settings const& get() const noexcept { return m_settings; }

    /// Takes over what may change, and opens the log anew. false: nothing changed, because of mistakes, which are
    /// logged.
    bool reload();

private:
    bool open_log(logging::config const& next) const;

    settings m_settings;
    std::function<loaded_settings()> m_load;
};

} // namespace exportd
