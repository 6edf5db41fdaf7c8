#pragma once

#include "asio.hpp"
#include "cycles/hook_process.hpp"
#include "cycles/output_lines.hpp"

#include <notes_export/report.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace exportd {

/**
 * One run of [hooks] after_publish: its output and how it ends are logged, and it does not take longer than it may.
 *
 * Throws  std::system_error when it cannot be started.
 * Thread  the io_context's; `ended` runs there, and may destroy this object.
 */
class hook_run {
public:
    struct patience {
        std::chrono::milliseconds run;
        std::chrono::milliseconds end; ///< between SIGTERM and SIGKILL
    };
    /// How it ended.
    struct outcome {
        std::string problem;   ///< why it failed; "": it did not
        std::string last_line; ///< of its output, fit for a terminal, at most 200 bytes; "" is none
    };
    using end_handler = std::function<void(outcome const&)>;

    hook_run(asio::io_context& io, std::string const& command, std::filesystem::path const& directory,
             notes_export::publication const& told, patience limits, end_handler ended);
    hook_run(hook_run const&) = delete;
    hook_run& operator=(hook_run const&) = delete;

    /// SIGTERM, and SIGKILL when that does not help, each to all that the command has begun.
    void ask_to_end();
    void kill() noexcept;

private:
    void expire_after(std::chrono::milliseconds limit, void (hook_run::*then)());
    void time_is_up();
    void on_ended(int status);
    std::string problem_of(int status) const;

    notes_export::publication m_told;
    patience m_patience;
    end_handler m_ended;
    std::chrono::steady_clock::time_point m_began = std::chrono::steady_clock::now();
    bool m_asked_to_end = false;
    bool m_timed_out = false;
    output_lines m_output;
    hook_process m_process;
    asio::steady_timer m_limit;
    /// Gone with this object: a timer that expired just before finds out by it.
    std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
};

} // namespace exportd
