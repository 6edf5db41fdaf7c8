#pragma once

#include "asio.hpp"
#include "cycles/hook_run.hpp"

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
 * the sums. It gets SIGTERM after a time limit or at stop(), SIGKILL a little later. Whatever it does, the export goes
 * on: a failure is logged, and the next publication runs it again.
 *
 * Thread: the io_context's.
 */
class publication_hook {
public:
    using patience = hook_run::patience;

    struct handlers {
        std::function<void(bool success)> ended; ///< a run has ended, or could not begin
        std::function<void()> idle;              ///< none follows it
    };

    publication_hook(asio::io_context& io, std::filesystem::path directory, handlers h,
                     patience limits = {std::chrono::minutes{10}, std::chrono::seconds{5}});

    /// The command from the next run on; "" is none.
    void set(std::string command) { m_command = std::move(command); }
    /// After each cycle, however it ended: the newest publication, which may be known already.
    void published(std::optional<notes_export::publication> const& newest);
    bool running() const noexcept { return m_run.has_value(); }

    /// No run begins any more, the running one is asked to end.
    void stop();
    /// Before the process is left without an end of the event loop.
    void kill() noexcept;

private:
    void run_waiting();
    void on_ended(bool success);

    asio::io_context& m_io;
    std::filesystem::path m_directory;
    handlers m_handlers;
    patience m_patience;
    std::string m_command;
    std::uint64_t m_newest = 0; ///< generation that a run was begun for, or waits
    std::optional<notes_export::publication> m_waiting;
    std::optional<hook_run> m_run;
    bool m_stopping = false;
};

} // namespace exportd
