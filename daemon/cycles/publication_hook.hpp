#pragma once

#include "asio.hpp"
#include "cycles/hook_run.hpp"
#include "schedule/backoff.hpp"

#include <notes_export/report.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace exportd {

/**
 * The operator's command after a publication, [hooks] after_publish.
 *
 * One at a time: what is published while it runs leads to exactly one more run, which is told the newest generation and
 * the sums. It gets SIGTERM after a time limit or at stop(), SIGKILL a little later. A run that failed is repeated with
 * growing pauses until one succeeds; the next publication does not wait for that. What no run has succeeded for is
 * noted in the tree, and owed by the next process. Whatever it does, the export goes on.
 *
 * Thread: the io_context's.
 */
class publication_hook {
public:
    struct patience {
        std::chrono::milliseconds run{std::chrono::minutes{10}};
        std::chrono::milliseconds end{std::chrono::seconds{5}}; ///< between SIGTERM and SIGKILL
        std::chrono::milliseconds first_pause{std::chrono::seconds{5}};
        std::chrono::milliseconds longest_pause{std::chrono::minutes{10}};
    };

    struct handlers {
        hook_run::end_handler ended; ///< a run has ended, or could not begin
        std::function<void()> idle;  ///< none runs, and none follows at once
    };

    publication_hook(asio::io_context& io, std::filesystem::path directory, handlers h)
        : publication_hook{io, std::move(directory), std::move(h), patience{}} {}
    publication_hook(asio::io_context& io, std::filesystem::path directory, handlers h, patience limits);

    /// The command, and how long it may take, from the next run on; "" is none. A run that is owed does not wait any
    /// longer: perhaps this command succeeds.
    void set(std::string command, std::chrono::milliseconds limit);
    /// What earlier processes owe the tree, from when it is the one that counts and is held by us. Nothing runs yet.
    /// false: that was asked before.
    bool recall();
    /// Runs for what is owed.
    void make_up();
    /// After each cycle, however it ended: the newest publication, which may be known already.
    void published(std::optional<notes_export::publication> const& newest);
    bool running() const noexcept { return m_run.has_value(); }

    /// No run begins any more, the running one is asked to end.
    void stop();
    /// Before the process is left without an end of the event loop.
    void kill() noexcept;

private:
    void owe(notes_export::publication const& p);
    void run_owed();
    void on_ended(notes_export::publication const& told, hook_run::outcome const& how);
    void repeat_later();

    asio::io_context& m_io;
    std::filesystem::path m_directory;
    handlers m_handlers;
    patience m_patience;
    std::string m_command;
    struct account {
        bool recalled = false;
        std::uint64_t newest = 0; ///< generation that a run was begun for, or is owed
        std::optional<notes_export::publication> owed;
    } m_account;
    std::optional<hook_run> m_run;
    backoff m_pauses;
    asio::steady_timer m_repeat;
    bool m_stopping = false;
};

} // namespace exportd
