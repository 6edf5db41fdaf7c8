#include "status/health.hpp"

#include <array>

namespace exportd {

std::string_view to_string(hearing h) noexcept {
    constexpr std::array<std::string_view, 3> names{"live", "degraded", "down"};
    return names[static_cast<std::size_t>(h)];
}

health::health(std::filesystem::path directory, std::vector<notes_export::dataset> const& datasets) {
    m_state.started = m_state.reloaded = std::chrono::system_clock::now();
    m_state.directory = std::move(directory);
    m_state.failing = std::chrono::steady_clock::now(); // nothing is known before the first success
    m_state.runs = std::make_shared<std::vector<notes_export::run_status> const>();
    m_state.quarantined = std::make_shared<std::vector<notes_export::quarantined_row> const>();
    for (auto const& d : datasets)
        m_state.datasets.push_back({.name = d.name});
}

} // namespace exportd
