#pragma once

#include "asio.hpp"
#include "cycles/hook_process.hpp"
#include "cycles/output_lines.hpp"

#include <notes_export/report.hpp>

#include <chrono>
#include <cstddef>
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
    struct patience {
        std::chrono::milliseconds run;
        std::chrono::milliseconds end; ///< between SIGTERM and SIGKILL
    };

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
    bool running() const noexcept { return m_process.has_value(); }

    /// No run begins any more, the running one is asked to end.
    void stop();
    /// Before the process is left without an end of the event loop.
    void kill() noexcept;

private:
    void run_waiting();
    void ask_to_end();
    void expire_after(std::chrono::milliseconds limit, void (publication_hook::*then)());
    void time_is_up();
    void on_ended(int status);

    asio::io_context& m_io;
    std::filesystem::path m_directory;
    handlers m_handlers;
    patience m_patience;
    std::string m_command;
    asio::steady_timer m_limit;
    std::uint64_t m_newest = 0; ///< generation that a run was begun for, or waits
    std::optional<notes_export::publication> m_waiting;
    notes_export::publication m_current;
    std::uint64_t m_run = 0; ///< the number of the run: a timer may expire just as another one begins
    std::chrono::steady_clock::time_point m_began;
    output_lines m_output;
    std::optional<hook_process> m_process;
    bool m_timed_out = false;
    bool m_stopping = false;
};

} // namespace exportd
