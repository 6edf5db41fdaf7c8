#include "command/commands.hpp"

#include "command/acting_user.hpp"
#include "command/overall_state.hpp"
#include "command/status_text.hpp"
#include "command/terminal.hpp"
#include "settings/export_settings.hpp"
#include "settings/status_socket.hpp"
#include "settings/values.hpp"
#include "status/painted.hpp"

#include <notes_export/publication_note.hpp>

#include <algorithm>
#include <functional>
#include <iostream>
#include <iterator>
#include <optional>
#include <poll.h>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace exportd {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{5}; // with a daemon that listens but does not answer
constexpr std::chrono::seconds watch_interval{1};

daemon_answer ask() {
    daemon_answer answer;
    try {
        answer = ask_daemon(status_socket(process_environment()).socket, patience);
    } catch (bad_value const& e) {
        answer.problem = std::string{"RUNTIME_DIRECTORY: "} + e.what();
    }
    return answer;
}

/// Mirrors of somebody else's tree say how they are in their copy, where this machine publishes none.
notes_export::status_report with_copies(notes_export::status_report report, settings const& s) {
    auto const now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    for (auto const& m : s.mirrors) {
        auto const place = tree_of_mirror_state(s.output.directory, m);
        if (place == s.output.directory)
            continue;
        auto found = notes_export::mirrors_of(place, now);
        std::erase_if(found.mirrors, [&](auto const& view) { return view.said.name != m.name; });
        std::ranges::move(found.mirrors, std::back_inserter(report.mirrors.mirrors));
        std::ranges::move(found.problems, std::back_inserter(report.mirrors.problems));
    }
    return report;
}

std::optional<std::uint64_t> hook_owed(settings const& s) {
    if (s.hooks.after_publish.empty())
        return std::nullopt;
    try {
        auto const owed = notes_export::owed_publication(s.output.directory);
        return owed ? std::optional{owed->generation} : std::nullopt;
    } catch (std::system_error const&) {
        return std::nullopt; // closed to whoever asks, or damaged, which is told of the tree
    }
}

whole_status look(command_line const& line, settings const& s) {
    live_state live{ask(), s.output.directory};
    auto const config = to_export_config(s);
    auto report = line.watch ? notes_export::read_tree_status(config) : notes_export::read_status(config);
    auto const owed = live.known() ? std::nullopt : hook_owed(s);
    return {.live = std::move(live),
            .report = with_copies(std::move(report), s),
            .database_asked = !line.watch,
            .problems_count = owner_of_tree(s.output.directory).is_caller(),
            .hook_owed = owed};
}

/// What is wrong may be the directory or the database, so that neither is looked at; any daemon is the one.
whole_status look_at_daemon_alone(loaded_settings const& loaded) {
    auto const why = "the settings have mistakes: " + loaded.mistakes.front().text();
    whole_status seen{.live = {ask(), std::nullopt}, .report = {}, .problems_count = false, .mistaken = true};
    seen.report.tree_problem = seen.report.database_problem = why;
    return seen;
}

colour colour_of(std::string const& state) {
    if (code_of(state) == exit_code::success)
        return colour::green;
    return state == "down" || state == "failing" || state == "unknown" ? colour::red : colour::yellow;
}

/// The first line says how the daemon is.
std::string with_colour(std::string const& text, whole_status const& seen) {
    auto const end = text.find('\n');
    return painted(text.substr(0, end), colour_of(state_of(seen))) + text.substr(end);
}

std::string text_of(command_line const& line, settings const& s, whole_status const& seen) {
    if (line.json)
        return status_json(seen);
    auto const text = status_text(seen, seen.mistaken ? seen.live.directory() : s.output.directory.native());
    return shows_colours(STDOUT_FILENO) ? with_colour(text, seen) : text;
}

/// Moves to the top and overwrites, so that nothing flickers, and nothing has to be put back at the end.
std::string redrawn(std::string const& text) {
    std::string screen = "\x1b[H";
    for (char const c : text)
        screen += c == '\n' ? "\x1b[K\n" : std::string(1, c);
    return screen + "\x1b[J";
}

// Whoever wants it to end interrupts it, which needs no help of ours; a reader that is gone ends it too.
exit_code watch(command_line const& line, settings const& s, std::function<whole_status()> const& look_again) {
    bool const in_place = !line.json && obeys_control_sequences(STDOUT_FILENO);
    for (auto next = clock::now() + watch_interval;; next += watch_interval) {
        auto const text = text_of(line, s, look_again());
        std::cout << (in_place ? redrawn(text) : line.json ? text : text + '\n') << std::flush;
        if (!std::cout)
            return exit_code::success;
        next = std::max(next, clock::now());
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(next - clock::now()).count();
        ::poll(nullptr, 0, static_cast<int>(left));
    }
}

exit_code show(command_line const& line, settings const& s, whole_status const& seen) {
    std::cout << text_of(line, s, seen) << std::flush;
    return code_of(state_of(seen));
}

} // namespace

exit_code run_status(command_line const& line, loaded_settings const& loaded) {
    auto const& s = loaded.value;
    auto const look_now = [&] { return look(line, s); };
    return line.watch ? watch(line, s, look_now) : show(line, s, look_now());
}

exit_code run_status_despite_mistakes(command_line const& line, loaded_settings const& loaded) {
    auto const seen = look_at_daemon_alone(loaded);
    if (!seen.live.known())
        return exit_code::configuration;
    if (line.watch)
        return watch(line, loaded.value, [&] { return look_at_daemon_alone(loaded); });
    return show(line, loaded.value, seen);
}

} // namespace exportd
