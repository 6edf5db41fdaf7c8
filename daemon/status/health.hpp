#pragma once

#include "cycles/pace.hpp"
#include "cycles/tree_figures.hpp"

#include <notes_export/dataset.hpp>
#include <notes_export/mirrors.hpp>
#include <notes_export/report.hpp>
#include <notes_export/status.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace exportd {

/// Do notifications arrive?
enum class hearing {
    live,     ///< yes: proven
    degraded, ///< a server is there, but it is a standby, or a pooler swallows them
    down      ///< no session that answers
};
std::string_view to_string(hearing) noexcept;

struct dataset_health {
    using steady_time = std::chrono::steady_clock::time_point;

    std::string name;
    std::size_t pending = 0;                       ///< rows that wait, as of the last look; without those in quarantine
    std::optional<steady_time> waiting_since = {}; ///< of the row among them that waits longest
    std::size_t quarantined = 0;
    std::size_t published = 0;
    std::optional<std::uintmax_t> index_bytes = {};
    bool shrink_held = false; ///< the shrink guard keeps files that the database has no rows for
    std::size_t held = 0;     ///< so many then,
    std::size_t held_of = 0;  ///< of so many
    bool index_held = false;  ///< the new index is too large, so that the old one stays
};

/// The newest cycle that did something.
struct cycle_summary {
    notes_export::cycle_mode mode = notes_export::cycle_mode::incremental;
    notes_export::phase_times phases;
    std::chrono::steady_clock::duration duration{};
    std::chrono::system_clock::time_point finished;
};

/// What is known of [hooks] after_publish since the start.
struct hook_health {
    using wall_time = std::chrono::system_clock::time_point;

    std::string problem;                    ///< why its last run failed; "": it did not
    std::string last_line;                  ///< of the output of its last run; "" is none
    std::optional<wall_time> failing_since; ///< end of the first of the runs that have failed in a row
    std::optional<wall_time> succeeded;     ///< end of the last run that went well
};

/// What there is to see in the tree beside what cycles make.
struct tree_look {
    notes_export::mirror_views mirrors;
    std::optional<notes_export::noted_exporter> other;              ///< another program exports the same data
    std::vector<notes_export::refused_document> unusable_documents; ///< published, and yet nothing that readers can use
};

/**
 * What the daemon knows of itself.
 *
 * A row has no time at which it became pending, so waiting is counted from what was seen: from the notification that no
 * cycle has served yet (or the loss of the session that would bring it), from the begin of the first cycle that failed
 * since the last success, from the begin of the running one, and for rows that a successful cycle left (they changed,
 * or were locked, while it ran) from its begin.
 */
struct health_state {
    using steady_time = std::chrono::steady_clock::time_point;
    using wall_time = std::chrono::system_clock::time_point;

    wall_time started;
    std::filesystem::path directory;
    std::chrono::milliseconds poll_interval{}; ///< 0: off

    hearing listener = hearing::down;
    std::string listener_problem; ///< "" while live
    std::optional<wall_time> verified;
    std::string standby_for; ///< who is at work instead of us

    std::optional<steady_time> notified;     ///< the first that no cycle has served, or since when they are not heard
    std::optional<steady_time> running;      ///< since when what the running cycle serves may have been waiting
    std::optional<steady_time> failing;      ///< the same of the first unsuccessful cycle in an unbroken row
    std::optional<steady_time> last_success; ///< of any mode
    std::map<notes_export::cycle_mode, wall_time> succeeded;
    std::optional<wall_time> attempted;
    notes_export::phase phase = notes_export::phase::detect; ///< of the running cycle
    std::optional<steady_time> running_since;                ///< when the running cycle began
    std::uint64_t rows_done = 0;                             ///< by the running cycle
    std::uint64_t rows = 0;                                  ///< of the running cycle; 0: none, or not known yet
    pace speed;                                              ///< of the running cycle
    std::string error;                                       ///< of the last cycle, "" is success
    std::optional<wall_time> error_since;                    ///< end of the first of the cycles that fail in a row
    std::string last_error;                                  ///< of the last cycle that failed, also when it is over
    std::optional<wall_time> last_error_at;

    std::vector<dataset_health> datasets;
    std::uint64_t generation = 0;
    std::string version;
    std::vector<std::string> warnings;                             ///< of the last cycle
    std::vector<std::string> missing;                              ///< parts of install.sql, as of the last success
    notes_export::read_place read;                                 ///< by the last success
    std::vector<notes_export::refused_document> refused_documents; ///< files of one row that stay as they are
    hook_health hook;
    bool reload_failed = false; ///< what is in the configuration file is not in force
    wall_time reloaded;         ///< when it last was
    std::shared_ptr<tree_look const> looked = std::make_shared<tree_look const>(); ///< a few seconds old
    std::optional<std::uintmax_t> available_bytes;
    std::optional<cycle_summary> last_cycle;
    std::shared_ptr<std::vector<notes_export::run_status> const> runs; ///< oldest first
    std::shared_ptr<std::vector<notes_export::quarantined_row> const> quarantined;
};

/**
 * The state, shared: written by the event loop and by the cycle, read as a copy.
 *
 * Thread  any. The lock is held for the time of a copy or of an assignment.
 */
class health {
public:
    health(std::filesystem::path directory, std::vector<notes_export::dataset> const& datasets);

    template <class Change>
    void update(Change const& change) {
        std::lock_guard const lock{m_mutex};
        change(m_state);
    }
    health_state snapshot() const {
        std::lock_guard const lock{m_mutex};
        return m_state;
    }

    /// The event loop is alive.
    void tick() noexcept { m_tick = now(); }
    std::chrono::steady_clock::duration since_tick() const noexcept {
        return std::chrono::steady_clock::duration{now() - m_tick};
    }

private:
    using ticks = std::chrono::steady_clock::rep;
    static ticks now() noexcept { return std::chrono::steady_clock::now().time_since_epoch().count(); }

    mutable std::mutex m_mutex;
    health_state m_state;
    std::atomic<ticks> m_tick{now()};
};

} // namespace exportd
