#include "app/shutdown.hpp"

#include "systemd.hpp"

namespace exportd {

namespace {

// A cycle ends within milliseconds of being asked to, unless the system does not let it.
constexpr std::chrono::seconds patience{5};

} // namespace

void shutdown::begin(exit_code code) noexcept {
    m_code = code;
    m_begun = true;
}

void shutdown::lose_patience_later(std::function<void()> hangs) {
    m_patience.expires_after(patience);
    m_patience.async_wait([this, hangs = std::move(hangs)](error_code const& e) {
        if (!e && m_phase < notes_export::phase::sync)
            hangs();
    });
}

// From the sync on a cycle is finished rather than abandoned, also when the service is being stopped.
void shutdown::entering(notes_export::phase p) {
    m_phase = p;
    if (m_begun && p >= notes_export::phase::sync)
        systemd::extend_timeout(std::chrono::minutes{1});
}

} // namespace exportd
