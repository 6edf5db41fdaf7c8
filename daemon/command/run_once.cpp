#include "command/commands.hpp"
#include "command/complaint.hpp"
#include "command/interruption.hpp"
#include "command/json_list.hpp"
#include "command/progress_bar.hpp"
#include "command/report_json.hpp"
#include "command/run_hook.hpp"
#include "command/selection.hpp"
#include "command/status_text.hpp"
#include "cycles/cycle_log.hpp"
#include "cycles/recorded_cycles.hpp"
#include "log/logging.hpp"
#include "log/safe_text.hpp"
#include "settings/export_settings.hpp"

#include <notes_export/error.hpp>
#include <notes_export/preview.hpp>

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <optional>

namespace exportd {

namespace {

using logging::printable; // names and file contents of others are among what is shown

void print_report(notes_export::cycle_report const& r) {
    print_remarks(r);
    std::cout << describe_cycle(r) << std::flush;
}

void print_json(cycle_outcome const& outcome) {
    std::cout << json_object([&](json_writer& w) {
        put(w, "result", outcome.error ? "failure" : "success");
        put(w, "error", outcome.error ? describe(outcome.error) : "");
        if (!outcome.error)
            put_report(w, outcome.report);
    }) << '\n' << std::flush;
}

notes_export::cycle_request request_of(command_line const& line) {
    return {.full = line.full, .allow_shrink = line.force, .only = selection_of(line.ids)};
}

/// `told` paths are listed above, of which a cycle does not count those of the version file and the change feed.
std::string planned_text(notes_export::cycle_report const& r, std::size_t told) {
    auto const beside = told - std::min(told, r.files_written + r.files_removed);
    return "would write " + std::to_string(r.files_written) + " files and remove " + std::to_string(r.files_removed) +
           " (" + std::string{to_string(r.mode)} + ": " + r.reason + ')' +
           (beside > 0 ? ", beside " + std::to_string(beside) + " of version and change feed" : "") +
           "; nothing was changed\n";
}

exit_code look(settings const& s, command_line const& line, std::stop_token const& stop) {
    progress_bar bar;
    notes_export::cycle_observer observer;
    observer.progress = [&](auto const& p) { bar.at(p); };
    std::size_t told = 0;
    observer.planned = [&](std::string_view path, bool removed) {
        ++told;
        bar.on_stdout([&] { std::cout << (removed ? "remove " : "write ") << printable(path) << '\n'; });
    };
    auto const report = notes_export::preview(to_export_config(s), request_of(line), observer, stop);
    bar.over();
    print_remarks(report);
    std::cout << planned_text(report, told) << std::flush;
    return exit_code::success;
}

exit_code look_as_json(settings const& s, command_line const& line, std::stop_token const& stop) {
    progress_bar bar;
    json_list list{std::cout, "changes"};
    notes_export::cycle_observer observer;
    observer.progress = [&](auto const& p) { bar.at(p); };
    observer.planned = [&](std::string_view path, bool removed) {
        bar.on_stdout([&] {
            list.add([&](json_writer& w) {
                put(w, "action", removed ? "remove" : "write");
                put(w, "path", std::string{path});
            });
        });
    };
    auto end = [&](std::string const& error, notes_export::cycle_report const* report) {
        bar.over();
        list.end([&](json_writer& w) {
            put(w, "result", error.empty() ? "success" : "failure");
            put(w, "error", error);
            put_flag(w, "dry_run", true);
            if (report != nullptr)
                put_report(w, *report);
        });
    };
    try {
        auto const report = notes_export::preview(to_export_config(s), request_of(line), observer, stop);
        end("", &report);
    } catch (std::exception const& e) { // the object has its end, and the caller tells people
        end(e.what(), nullptr);
        throw;
    }
    return exit_code::success;
}

cycle_outcome run_cycle(settings const& s, command_line const& line, std::stop_token const& stop) {
    progress_bar bar;
    notes_export::cycle_observer observer{
        .entity =
            [&](auto const& event) {
                if (logging::enabled(logging::level::debug))
                    bar.aside([&] { log_entity(event); });
            },
        .waiting = [&](std::string const& text) { bar.aside([&] { log_waiting(text); }); }};
    observer.progress = [&](auto const& p) { bar.at(p); };
    recorded_cycles cycles{to_export_config(s), observer};
    return cycles.run(request_of(line), stop);
}

} // namespace

exit_code run_once(command_line const& line, loaded_settings const& loaded) {
    auto const& s = loaded.value;
    if (auto const mistake = selection_mistake(line.ids, to_export_config(s).datasets); !mistake.empty())
        return complain(exit_code::usage, mistake);
    interruption const interrupted;
    if (line.dry_run)
        return line.json ? look_as_json(s, line, interrupted.token()) : look(s, line, interrupted.token());
    auto const outcome = run_cycle(s, line, interrupted.token());
    if (!s.log.file.empty())
        log_cycle(1, outcome, told::now); // for who watches the file; a person is told below
    if (outcome.recorded)
        std::cerr << "warning: the statistics in json_export_runs are not complete: "
                  << printable(describe(outcome.recorded)) << '\n';
    if (line.json)
        print_json(outcome);
    else if (!outcome.error)
        print_report(outcome.report);
    if (outcome.published || !outcome.error) // else perhaps somebody else holds the tree
        run_hook(s, outcome.published, interrupted.token());
    if (outcome.error)
        std::rethrow_exception(outcome.error);
    return exit_code::success;
}

} // namespace exportd
