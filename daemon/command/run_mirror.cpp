#include "command/run_mirror.hpp"

#include "command/complaint.hpp"
#include "command/interruption.hpp"
#include "command/mirror_log.hpp"
#include "command/progress_bar.hpp"
#include "log/safe_text.hpp"
#include "settings/export_settings.hpp"
#include "settings/nearest_name.hpp"
#include "settings/values.hpp"
#include "systemd.hpp"

#include <notes_export/error.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iostream>
#include <optional>
#include <vector>

namespace exportd {

namespace {

using logging::printable;
using notes_export::mirror_failure;
using notes_export::mirror_observer;
using notes_export::mirroring;

constexpr std::size_t most_shown = 1'000;

mirror_settings const* find_mirror(std::string const& name, settings const& s) {
    auto const found = std::find_if(s.mirrors.begin(), s.mirrors.end(), [&](auto const& m) { return m.name == name; });
    return found == s.mirrors.end() ? nullptr : &*found;
}

std::string no_such_mirror(std::string const& name, settings const& s) {
    std::vector<std::string_view> names;
    for (auto const& m : s.mirrors)
        names.push_back(m.name);
    return "there is no [mirror NAME] section for " + in_quotes(name) + suggestion(name, names);
}

std::string status_line(notes_export::mirror_state const& s) {
    auto const of = std::to_string(s.generation) + " of " + std::to_string(s.tree_generation);
    if (!s.error.empty())
        return "failing, generation " + of + ": " + s.error;
    return (s.behind_since != 0 ? "behind, generation " : "generation ") + of;
}

/// What it says goes to the log; how it is, to systemd.
mirror_observer observer(mirror_log const& log) {
    return {.stepped = [&log](auto const& s) { log.stepped(s); },
            .failed = [&log](auto const& e, auto next_try) { log.failed(e, next_try); },
            .recovered = [&log](auto time) { log.recovered(time); },
            .silent = [&log](auto const& why) { log.silent(why); },
            .alive =
                [](auto const& state) {
                    systemd::watchdog_ping();
                    systemd::status(status_line(state));
                },
            .progress = {}};
}

exit_code follow(mirror_settings const& m, settings const& s, std::stop_token const& stop) {
    mirror_log const log{m.name};
    mirroring mirror{to_export_config(s), m, observer(log)};
    log.started(mirror.state());
    systemd::ready();
    mirror.follow(stop);
    systemd::stopping();
    log.stopped();
    return exit_code::success;
}

std::function<void(std::uint64_t, std::uint64_t)> shown_on(progress_bar& bar) {
    return [&bar](auto done, auto of) { bar.at({.done = done, .of = of}); };
}

exit_code one_step(mirror_settings const& m, settings const& s, std::stop_token const& stop) {
    progress_bar bar{"files", "copy"};
    mirror_log const log{m.name, [&bar](auto const& record) { bar.aside(record); }};
    auto told = observer(log);
    told.progress = shown_on(bar);
    mirroring{to_export_config(s), m, std::move(told)}.once(stop);
    return exit_code::success;
}

exit_code compare(mirror_settings const& m, settings const& s, std::stop_token const& stop) {
    progress_bar bar{"files", "compare"};
    mirror_observer told;
    told.progress = shown_on(bar);
    auto const found = mirroring{to_export_config(s), m, std::move(told)}.verify(most_shown, stop);
    bar.on_stdout([&] {
        for (auto const& d : found)
            std::cout << printable(d.path) << ": " << d.what << '\n';
        if (found.size() == most_shown)
            std::cout << "... and maybe more\n";
        std::cout << (found.empty() ? "target and tree are equal\n" : "") << std::flush;
    });
    return found.empty() ? exit_code::success : exit_code::failure;
}

} // namespace

exit_code run_mirror(command_line const& line, loaded_settings const& loaded) {
    auto const* const m = find_mirror(line.mirror, loaded.value);
    if (m == nullptr)
        return complain(exit_code::configuration, no_such_mirror(line.mirror, loaded.value));
    interruption const interrupted;
    try {
        auto const does = line.compare ? &compare : line.mirror_once ? &one_step : &follow;
        return does(*m, loaded.value, interrupted.token());
    } catch (notes_export::mirror_misconfigured const& e) {
        return complain(exit_code::configuration, "[mirror " + m->name + "] " + e.what());
    } catch (mirror_failure const& e) {
        return complain(exit_code::not_verified,
                        e.what() + (e.remedy().empty() ? "" : std::string{". What to do: "} + e.remedy()));
    }
}

} // namespace exportd
