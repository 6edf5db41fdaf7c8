#pragma once

#include "asio.hpp"
#include "cycles/cycle_outcome.hpp"
#include "status/health.hpp"
#include "http/server.hpp"
#include "listen/listener.hpp"
#include "status/metrics.hpp"
#include "settings/settings.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace exportd {

/**
 * Turns what happens in the daemon into its health and its figures, and has them served where [http] listen says.
 *
 * Thread  the io_context's, except found() and entering(), which are the cycle's.
 */
class monitor {
public:
    monitor(asio::io_context& io, settings const& s, notes_export::export_config const& config);

    /// Throws std::system_error when the address cannot be listened on. Nothing happens when it is empty.
    void serve();

    void notified(bool coalesced);
    void missed_notification() { m_metrics.missed_notification(); }
    void listening();
    void verified();
    void lost(listener::failure const& f);

    void cycle_begins();
    void entering(notes_export::phase p);
    void found(std::string_view dataset, std::size_t pending);
    void cycle_ended(cycle_outcome const& outcome);
    void hook_ended(bool success) { m_metrics.hook_ended(success); }
    void standing_by(std::string const& holder);
    void rescheduled(schedule_settings const& s);

private:
    void tick();

    listen_address m_address;
    std::vector<notes_export::dataset> const m_datasets;
    health m_health;
    metrics m_metrics;
    asio::steady_timer m_tick;
    std::unique_ptr<http_server> m_server;
};

} // namespace exportd
