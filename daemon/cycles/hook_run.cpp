#include "cycles/hook_run.hpp"

#include "log/logging.hpp"

#include <csignal>
#include <map>
#include <utility>

namespace exportd {

namespace {

using logging::level;

void log_line(std::string_view line) {
    logging::log(level::info, "hook_output", "Output of after_publish", {{"line", line}});
}

std::map<std::string, std::string> variables(std::filesystem::path const& directory,
                                             notes_export::publication const& told) {
    return {{"OSM_NOTES_GENERATION", std::to_string(told.generation)},
            {"OSM_NOTES_DIRECTORY", directory.native()},
            {"OSM_NOTES_CHANGES", told.changes.native()},
            {"OSM_NOTES_MODE", std::string{to_string(told.mode)}},
            {"OSM_NOTES_FILES_WRITTEN", std::to_string(told.files_written)},
            {"OSM_NOTES_FILES_REMOVED", std::to_string(told.files_removed)}};
}

} // namespace

hook_run::hook_run(asio::io_context& io, std::string const& command, std::filesystem::path const& directory,
                   notes_export::publication const& told, patience limits, std::function<void(bool success)> ended)
    : m_told{told},
      m_patience{limits},
      m_ended{std::move(ended)},
      m_output{log_line},
      m_process{io,
                command,
                directory,
                variables(directory, told),
                {.output = [this](std::string_view bytes) { m_output.add(bytes); },
                 .ended = [this](int status) { on_ended(status); }}},
      m_limit{io} {
    expire_after(m_patience.run, &hook_run::time_is_up);
}

void hook_run::expire_after(std::chrono::milliseconds limit, void (hook_run::*then)()) {
    m_limit.expires_after(limit);
    m_limit.async_wait([this, then, alive = std::weak_ptr{m_alive}](error_code const& e) {
        if (!e && !alive.expired())
            (this->*then)();
    });
}

void hook_run::time_is_up() {
    m_timed_out = true;
    ask_to_end();
}

void hook_run::ask_to_end() {
    m_process.signal(SIGTERM);
    expire_after(m_patience.end, &hook_run::kill);
}

void hook_run::kill() noexcept {
    m_process.signal(SIGKILL);
}

void hook_run::on_ended(int status) {
    m_output.end();
    std::chrono::duration<double, std::milli> const spent = std::chrono::steady_clock::now() - m_began;
    if (status == 0)
        logging::log(level::info, "hook_finished", "after_publish has run",
                     {{"status", status},
                      {"ms", spent.count()},
                      {"generation", m_told.generation},
                      {"lines_dropped", m_output.dropped()}});
    else
        logging::log(level::error, "hook_failed", "after_publish failed; the next publication runs it again",
                     {{"status", status},
                      {"ms", spent.count()},
                      {"generation", m_told.generation},
                      {"timed_out", m_timed_out},
                      {"lines_dropped", m_output.dropped()}});
    auto const ended = std::move(m_ended); // it may destroy this object
    ended(status == 0);
}

} // namespace exportd
