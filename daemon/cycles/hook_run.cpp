#include "cycles/hook_run.hpp"

#include "log/logging.hpp"
#include "log/safe_text.hpp"

#include <map>
#include <utility>

namespace exportd {

namespace {

using logging::level;

constexpr int last_signal = 64;
constexpr std::size_t longest_last_line = 200; // of a remark in status

void log_line(std::string_view line) {
    logging::log(level::info, "hook_output", "Output of after_publish", {{"line", line}});
}

std::string seconds_text(std::chrono::milliseconds limit) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(limit).count()) + " s";
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
                   notes_export::publication const& told, patience limits, end_handler ended)
    : m_told{told},
      m_patience{limits},
      m_ended{std::move(ended)},
      m_output{log_line},
      m_process{io,
                command,
                directory,
                variables(directory, told),
                {.output = [this](std::string_view bytes) { m_output.add(bytes); },
                 .lingers = [this] { ask_to_end(); },
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
    if (std::exchange(m_asked_to_end, true))
        return;
    m_process.ask_to_end();
    expire_after(m_patience.end, &hook_run::kill);
}

void hook_run::kill() noexcept {
    m_process.kill();
}

std::string hook_run::problem_of(int status) const {
    if (m_timed_out)
        return "did not end within [hooks] timeout, " + seconds_text(m_patience.run);
    if (status == 0)
        return "";
    bool const by_signal = status > 128 && status <= 128 + last_signal; // 255 is what ssh says of itself
    return by_signal ? "ended by signal " + std::to_string(status - 128) : "exit status " + std::to_string(status);
}

void hook_run::on_ended(int status) {
    m_output.end();
    std::chrono::duration<double, std::milli> const spent = std::chrono::steady_clock::now() - m_began;
    auto const problem = problem_of(status);
    if (problem.empty())
        logging::log(level::info, "hook_finished", "after_publish has run",
                     {{"status", status},
                      {"ms", spent.count()},
                      {"generation", m_told.generation},
                      {"lines_dropped", m_output.dropped()}});
    else
        logging::log(level::error, "hook_failed", "after_publish failed; it is run again until it succeeds",
                     {{"error", problem},
                      {"status", status},
                      {"ms", spent.count()},
                      {"generation", m_told.generation},
                      {"timed_out", m_timed_out},
                      {"lines_dropped", m_output.dropped()}});
    auto const last_line = logging::printable(m_output.last(), longest_last_line);
    auto const ended = std::move(m_ended); // it may destroy this object
    ended({problem, last_line});
}

} // namespace exportd
