#include "cycles/publication_hook.hpp"

#include "log/logging.hpp"

#include <csignal>
#include <exception>
#include <utility>

namespace exportd {

namespace {

using logging::level;

void log_line(std::string_view line) {
    logging::log(level::info, "hook_output", "Output of after_publish", {{"line", line}});
}

} // namespace

publication_hook::publication_hook(asio::io_context& io, std::filesystem::path directory, handlers h, patience limits)
    : m_io{io},
      m_directory{std::move(directory)},
      m_handlers{std::move(h)},
      m_patience{limits},
      m_limit{io},
      m_output{log_line} {}

void publication_hook::published(std::optional<notes_export::publication> const& newest) {
    if (!newest || std::exchange(m_newest, newest->generation) == newest->generation)
        return;
    if (m_command.empty() || m_stopping)
        return;
    auto& next = m_waiting ? *m_waiting : m_waiting.emplace();
    next.generation = newest->generation;
    next.mode = newest->mode;
    next.files_written += newest->files_written;
    next.files_removed += newest->files_removed;
    if (!running())
        run_waiting();
}

void publication_hook::run_waiting() {
    m_current = *std::exchange(m_waiting, {});
    ++m_run;
    m_began = std::chrono::steady_clock::now();
    m_output = output_lines{log_line};
    m_timed_out = false;
    try {
        m_process.emplace(
            m_io, m_command, m_directory,
            std::map<std::string, std::string>{{"OSM_NOTES_GENERATION", std::to_string(m_current.generation)},
                                               {"OSM_NOTES_DIRECTORY", m_directory.native()},
                                               {"OSM_NOTES_MODE", std::string{to_string(m_current.mode)}},
                                               {"OSM_NOTES_FILES_WRITTEN", std::to_string(m_current.files_written)},
                                               {"OSM_NOTES_FILES_REMOVED", std::to_string(m_current.files_removed)}},
            hook_process::handlers{.output = [this](std::string_view bytes) { m_output.add(bytes); },
                                   .ended = [this](int status) { on_ended(status); }});
        expire_after(m_patience.run, &publication_hook::time_is_up);
    } catch (std::exception const& e) {
        logging::log(level::error, "hook_failed", "after_publish could not be started",
                     {{"error", e.what()}, {"directory", m_directory.native()}, {"generation", m_current.generation}});
        m_handlers.ended(false);
    }
}

void publication_hook::expire_after(std::chrono::milliseconds limit, void (publication_hook::*then)()) {
    m_limit.expires_after(limit);
    m_limit.async_wait([this, then, run = m_run](error_code const& e) {
        if (!e && running() && run == m_run)
            (this->*then)();
    });
}

void publication_hook::time_is_up() {
    m_timed_out = true;
    ask_to_end();
}

void publication_hook::ask_to_end() {
    m_process->signal(SIGTERM);
    expire_after(m_patience.end, &publication_hook::kill);
}

void publication_hook::kill() noexcept {
    if (m_process)
        m_process->signal(SIGKILL);
}

void publication_hook::stop() {
    if (std::exchange(m_stopping, true))
        return;
    m_waiting.reset();
    if (running())
        ask_to_end();
}

void publication_hook::on_ended(int status) {
    m_limit.cancel();
    m_process.reset();
    m_output.end();
    std::chrono::duration<double, std::milli> const spent = std::chrono::steady_clock::now() - m_began;
    if (status == 0)
        logging::log(level::info, "hook_finished", "after_publish has run",
                     {{"status", status},
                      {"ms", spent.count()},
                      {"generation", m_current.generation},
                      {"lines_dropped", m_output.dropped()}});
    else
        logging::log(level::error, "hook_failed", "after_publish failed; the next publication runs it again",
                     {{"status", status},
                      {"ms", spent.count()},
                      {"generation", m_current.generation},
                      {"timed_out", m_timed_out},
                      {"lines_dropped", m_output.dropped()}});
    m_handlers.ended(status == 0);
    if (m_waiting && !m_command.empty())
        run_waiting();
    else
        m_waiting.reset();
    if (!running())
        m_handlers.idle();
}

} // namespace exportd
