#include "command/commands.hpp"

#include "command/status_text.hpp"
#include "cycles/cycle_log.hpp"
#include "cycles/publication_hook.hpp"
#include "cycles/recorded_cycles.hpp"
#include "log/safe_text.hpp"
#include "settings/export_settings.hpp"

#include <notes_export/error.hpp>
#include <notes_export/exporter.hpp>
#include <notes_export/verify.hpp>

#include <csignal>
#include <iostream>
#include <thread>
#include <unistd.h>

namespace exportd {

namespace {

using logging::printable; // names and file contents of others are among what is shown

/// While it lives, a first SIGINT or SIGTERM ends the cycle cleanly, a second one the process.
class interruption {
public:
    interruption() {
        sigemptyset(&m_signals);
        for (int const signal : {SIGINT, SIGTERM, wake_up})
            sigaddset(&m_signals, signal);
        pthread_sigmask(SIG_BLOCK, &m_signals, nullptr);
        m_waiter = std::thread{[this] { wait(); }};
    }
    ~interruption() {
        pthread_kill(m_waiter.native_handle(), wake_up);
        m_waiter.join();
    }
    interruption(interruption const&) = delete;
    interruption& operator=(interruption const&) = delete;

    std::stop_token token() const { return m_stop.get_token(); }

private:
    static constexpr int wake_up = SIGUSR2; ///< ours alone: ends the waiting thread

    void wait() {
        int signal = 0;
        while (sigwait(&m_signals, &signal) == 0 && signal != wake_up)
            if (!m_stop.request_stop())
                _exit(to_int(exit_code::failure));
    }

    sigset_t m_signals{};
    std::stop_source m_stop;
    std::thread m_waiter;
};

void print_report(notes_export::cycle_report const& r) {
    for (auto const& row : r.quarantined)
        std::cout << "quarantined " << row.dataset << ' ' << row.id << ": "
                  << printable(notes_export::refusal_text(row.keyword, row.pointer, row.detail)) << '\n';
    for (auto const& size : r.refused_indexes)
        std::cout << "warning: " << size.path << " would have " << size.bytes << " bytes, [export] index_max_size is "
                  << size.limit << ": the old one stays, and so do removed profiles\n";
    for (auto const& size : r.large_indexes)
        std::cout << "warning: " << size.path << " has " << size.bytes
                  << " bytes, more than half of [export] index_max_size (" << size.limit << ")\n";
    for (auto const& text : r.warnings)
        std::cout << "warning: " << printable(text) << '\n';
    if (!r.missing.empty())
        std::cout << "warning: " << r.missing.size() << " parts of install.sql are missing or switched off, such as "
                  << printable(r.missing.front()) << ": run it again as the owner of the tables\n";
    std::cout << describe_cycle(r) << std::flush;
}

void run_hook(settings const& s, std::optional<notes_export::publication> const& p, std::stop_token const& stop) {
    asio::io_context io;
    publication_hook hook{io, s.output.directory, {.ended = [](bool) {}, .idle = [] {}}};
    hook.set(s.hooks.after_publish);
    hook.published(p);
    std::stop_callback const interrupted{stop, [&] { asio::post(io, [&] { hook.stop(); }); }};
    io.run();
}

} // namespace

exit_code run_once(command_line const& line, loaded_settings const& loaded) {
    auto const& s = loaded.value;
    interruption const interrupted;
    recorded_cycles cycles{to_export_config(s), {.entering = {}, .entity = log_entity, .waiting = log_waiting}};
    auto const outcome = cycles.run({.full = line.full, .allow_shrink = line.force}, interrupted.token());
    if (outcome.recorded)
        std::cerr << "warning: the statistics in json_export_runs are not complete: "
                  << printable(describe(outcome.recorded)) << '\n';
    if (!outcome.error)
        print_report(outcome.report);
    run_hook(s, outcome.published, interrupted.token());
    if (outcome.error)
        std::rethrow_exception(outcome.error);
    return exit_code::success;
}

exit_code run_verify(command_line const&, loaded_settings const& loaded) {
    interruption const interrupted;
    auto const report = notes_export::verify(to_export_config(loaded.value), interrupted.token());
    for (auto const& d : report.drifts)
        std::cout << to_string(d.what) << ' ' << d.path << (d.pending ? " (pending: the next cycle mends it)" : "")
                  << '\n';
    if (report.differences > report.drifts.size())
        std::cout << "... and " << report.differences - report.drifts.size() << " more\n";
    for (auto const& text : report.warnings)
        std::cout << "warning: " << printable(text) << '\n';
    std::cout << (report.clean() ? "clean: " : "drift: ") << report.files_checked << " files checked, "
              << report.differences << " differences";
    if (report.pending > 0)
        std::cout << ", " << report.pending << " of them pending";
    std::cout << '\n' << std::flush;
    return report.clean() ? exit_code::success : exit_code::failure;
}

exit_code run_check_config(command_line const&, loaded_settings const& loaded) {
    auto const problems = notes_export::check(to_export_config(loaded.value));
    for (auto const& text : problems)
        std::cerr << printable(text) << '\n';
    if (!problems.empty())
        return exit_code::configuration;
    std::cout << "configuration is valid" << (loaded.file ? ": " + loaded.file->string() : " (defaults, no file)")
              << '\n'
              << std::flush;
    return exit_code::success;
}

} // namespace exportd
