#include "cycles/publication_hook.hpp"

#include "log/logging.hpp"

#include <exception>
#include <utility>

namespace exportd {

publication_hook::publication_hook(asio::io_context& io, std::filesystem::path directory, handlers h, patience limits)
    : m_io{io}, m_directory{std::move(directory)}, m_handlers{std::move(h)}, m_patience{limits} {}

void publication_hook::published(std::optional<notes_export::publication> const& newest) {
    if (!newest || std::exchange(m_newest, newest->generation) == newest->generation)
        return;
    if (m_command.empty() || m_stopping)
        return;
    auto& next = m_waiting ? *m_waiting : m_waiting.emplace();
    next.generation = newest->generation;
    next.mode = newest->mode;
    next.changes = newest->changes;
    next.files_written += newest->files_written;
    next.files_removed += newest->files_removed;
    if (!running())
        run_waiting();
}

void publication_hook::run_waiting() {
    auto const told = *std::exchange(m_waiting, {});
    try {
        m_run.emplace(m_io, m_command, m_directory, told, m_patience, [this](bool success) { on_ended(success); });
    } catch (std::exception const& e) {
        logging::log(logging::level::error, "hook_failed", "after_publish could not be started",
                     {{"error", e.what()}, {"directory", m_directory.native()}, {"generation", told.generation}});
        m_handlers.ended(false);
    }
}

void publication_hook::kill() noexcept {
    if (m_run)
        m_run->kill();
}

void publication_hook::stop() {
    if (std::exchange(m_stopping, true))
        return;
    m_waiting.reset();
    if (m_run)
        m_run->ask_to_end();
}

void publication_hook::on_ended(bool success) {
    m_run.reset();
    m_handlers.ended(success);
    if (m_waiting && !m_command.empty())
        run_waiting();
    else
        m_waiting.reset();
    if (!running())
        m_handlers.idle();
}

} // namespace exportd
