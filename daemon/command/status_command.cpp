#include "command/status_command.hpp"

#include "command/status_text.hpp"
#include "settings/export_settings.hpp"
#include "settings/status_socket.hpp"
#include "settings/values.hpp"

#include <algorithm>
#include <iostream>
#include <iterator>
#include <poll.h>
#include <unistd.h>

namespace exportd {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{5}; // with a daemon that listens but does not answer
constexpr std::chrono::seconds watch_interval{1};

live_state ask(settings const& s) {
    daemon_answer answer;
    try {
        answer = ask_daemon(status_socket(process_environment()).socket, patience);
    } catch (bad_value const& e) {
        answer.problem = std::string{"RUNTIME_DIRECTORY: "} + e.what();
    }
    return {std::move(answer), s.output.directory};
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

std::string text_of(command_line const& line, settings const& s, whole_status const& seen) {
    return line.json ? status_json(seen) : status_text(seen, s.output.directory);
}

/// Moves to the top and overwrites, so that nothing flickers, and nothing has to be put back at the end.
std::string redrawn(std::string const& text) {
    std::string screen = "\x1b[H";
    for (char const c : text)
        screen += c == '\n' ? "\x1b[K\n" : std::string(1, c);
    return screen + "\x1b[J";
}

// Whoever wants it to end interrupts it, which needs no help of ours; a reader that is gone ends it too.
exit_code watch(command_line const& line, settings const& s) {
    bool const terminal = ::isatty(STDOUT_FILENO) != 0 && !line.json;
    for (auto next = clock::now() + watch_interval;; next += watch_interval) {
        whole_status const seen{ask(s), with_copies(notes_export::read_tree_status(to_export_config(s)), s), false};
        auto const text = text_of(line, s, seen);
        std::cout << (terminal ? redrawn(text) : line.json ? text : text + '\n') << std::flush;
        if (!std::cout)
            return exit_code::success;
        next = std::max(next, clock::now());
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(next - clock::now()).count();
        ::poll(nullptr, 0, static_cast<int>(left));
    }
}

} // namespace

exit_code run_status(command_line const& line, loaded_settings const& loaded) {
    auto const& s = loaded.value;
    if (line.watch)
        return watch(line, s);
    whole_status const seen{ask(s), with_copies(notes_export::read_status(to_export_config(s)), s), true};
    std::cout << text_of(line, s, seen) << std::flush;
    return seen.code();
}

} // namespace exportd
