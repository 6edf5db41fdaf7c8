#include "cycles/publication_hook.hpp"

#include "log/logging.hpp"

#include <notes_export/publication_note.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace exportd {

namespace {

using logging::level;

// A note that cannot be written costs a run that nobody makes up for, or one more: nothing to fail for.
void remember(std::filesystem::path const& directory, notes_export::publication const& p, bool owed) {
    try {
        if (owed)
            notes_export::remember_owed(directory, p);
        else
            notes_export::remember_done(directory, p.generation);
    } catch (std::exception const& e) {
        logging::log(level::warning, "hook_not_noted", "After a restart it will not be known whether after_publish ran",
                     {{"error", e.what()}, {"generation", p.generation}});
    }
}

} // namespace

publication_hook::publication_hook(asio::io_context& io, std::filesystem::path directory, handlers h, patience limits)
    : m_io{io},
      m_directory{std::move(directory)},
      m_handlers{std::move(h)},
      m_patience{limits},
      m_pauses{limits.first_pause, limits.longest_pause},
      m_repeat{io} {}

void publication_hook::set(std::string command, std::chrono::milliseconds limit) {
    m_patience.run = limit;
    if (std::exchange(m_command, std::move(command)) == m_command)
        return;
    make_up();
}

bool publication_hook::recall() {
    if (std::exchange(m_account.recalled, true))
        return false;
    if (m_command.empty())
        return true;
    try {
        if (auto const left = notes_export::owed_publication(m_directory))
            owe(*left);
    } catch (std::exception const& e) { // cycles meet the same, and are heard
        logging::log(level::warning, "hook_not_noted", "Whether after_publish is owed a run is not known",
                     {{"error", e.what()}});
    }
    return true;
}

void publication_hook::make_up() {
    if (m_account.owed && !running() && !m_stopping)
        run_owed();
}

void publication_hook::owe(notes_export::publication const& p) {
    auto& next = m_account.owed ? *m_account.owed : m_account.owed.emplace(notes_export::publication{.mode = p.mode});
    if (p.generation >= next.generation) {
        next.mode = p.mode;
        next.changes = p.changes;
    }
    next.generation = std::max(next.generation, p.generation);
    next.files_written += p.files_written;
    next.files_removed += p.files_removed;
}

void publication_hook::published(std::optional<notes_export::publication> const& newest) {
    if (!newest || std::exchange(m_account.newest, newest->generation) == newest->generation)
        return;
    if (m_command.empty())
        return;
    owe(*newest);
    remember(m_directory, *m_account.owed, true);
    make_up();
}

void publication_hook::run_owed() {
    m_repeat.cancel();
    if (m_command.empty())
        return m_account.owed.reset();
    auto const told = *std::exchange(m_account.owed, {});
    try {
        m_run.emplace(m_io, m_command, m_directory, told, hook_run::patience{m_patience.run, m_patience.end},
                      [this, told](hook_run::outcome const& how) { on_ended(told, how); });
    } catch (std::exception const& e) {
        logging::log(level::error, "hook_failed", "after_publish could not be started; it is tried again",
                     {{"error", e.what()}, {"directory", m_directory.native()}, {"generation", told.generation}});
        owe(told);
        m_handlers.ended({std::string{"could not be started: "} + e.what(), ""});
        repeat_later();
    }
}

void publication_hook::kill() noexcept {
    if (m_run)
        m_run->kill();
}

void publication_hook::stop() {
    if (std::exchange(m_stopping, true))
        return;
    m_repeat.cancel();
    if (m_run)
        m_run->ask_to_end();
}

void publication_hook::on_ended(notes_export::publication const& told, hook_run::outcome const& how) {
    m_run.reset();
    if (m_command.empty()) { // it was taken away meanwhile, and nobody is to mend it
        m_account.owed.reset();
        return m_handlers.idle();
    }
    bool const waited = m_account.owed.has_value();
    if (how.problem.empty())
        m_pauses.reset();
    else
        owe(told);
    remember(m_directory, m_account.owed ? *m_account.owed : told, m_account.owed.has_value());
    m_handlers.ended(how);
    if (m_account.owed && !m_stopping) {
        if (waited)
            run_owed();
        else
            repeat_later();
    }
    if (!running())
        m_handlers.idle();
}

void publication_hook::repeat_later() {
    if (m_stopping || m_command.empty())
        return;
    m_repeat.expires_after(m_pauses.next());
    m_repeat.async_wait([this](error_code const& e) {
        if (!e)
            make_up();
    });
}

} // namespace exportd
