#pragma once

#include "asio.hpp"
#include "cycles/cycle_outcome.hpp"
#include "cycles/hook_run.hpp"
#include "listen/listener.hpp"
#include "settings/settings.hpp"
#include "status/health.hpp"
#include "status/metrics.hpp"

#include <string>
#include <string_view>

namespace exportd {

/**
 * Turns what happens in the daemon into its health and its figures.
 *
 * Thread  the io_context's, except found(), entering() and progressing(), which are the cycle's, and
 *         looked().
 */
class monitor {
public:
    monitor(asio::io_context& io, settings const& s, notes_export::export_config const& config);

    /// For whoever serves them. They live as long as this object.
    health const& state() const noexcept { return m_health; }
    metrics& figures() noexcept { return m_metrics; }
    /// From now on the health shows that the event loop is alive.
    void start_ticking() { tick(); }

    void notified(bool coalesced);
    void missed_notification() { m_metrics.missed_notification(); }
    void listening();
    void verified();
    void lost(listener::failure const& f);

    void cycle_begins();
    void entering(notes_export::phase p);
    void progressing(notes_export::work_progress const& p);
    void found(std::string_view dataset, std::size_t pending);
    void cycle_ended(cycle_outcome const& outcome);
    void hook_ended(hook_run::outcome const& how);
    /// There is no [hooks] after_publish any more.
    void hook_gone();
    /// What was seen in the tree. Thread: any.
    void looked(tree_look seen);
    void standing_by(std::string const& holder);
    void rescheduled(schedule_settings const& s);
    /// The configuration was to be read again.
    void reloaded(bool success);

private:
    void tick();

    health m_health;
    metrics m_metrics;
    asio::steady_timer m_tick;
};

} // namespace exportd
