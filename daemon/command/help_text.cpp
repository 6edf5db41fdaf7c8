#include "command/help_text.hpp"

#include "command/command_table.hpp"
#include "settings/keys.hpp"

#include <algorithm>
#include <array>
#include <span>

#ifndef EXPORTD_VERSION
#error "EXPORTD_VERSION must be the version of the project"
#endif

namespace exportd {

namespace {

constexpr std::string_view signals = R"(
Signals:
  HUP            read the settings again, reopen the log file, run a full export
  USR1           run one export cycle
  TERM, INT      finish or abandon the cycle safely and exit 0; a second one exits at once
)";

struct exit_line {
    std::string_view code;
    std::string_view meaning;
    std::span<command const> commands = {}; ///< empty: all
};

constexpr std::array run_only{command::run};
constexpr std::array once_only{command::once};
constexpr std::array verify_only{command::verify};
constexpr std::array status_only{command::status};
constexpr std::array check_only{command::check};
constexpr std::array allow_shrink_only{command::allow_shrink};
constexpr std::array changes_only{command::changes};
constexpr std::array setup_only{command::setup};
constexpr std::array mirror_only{command::mirror};
constexpr std::array exporting{command::run, command::once, command::verify};

constexpr std::array exit_lines{
    exit_line{"0", "success"},
    exit_line{"1", "a second signal came before it was through", run_only},
    exit_line{"1", "the cycle failed", once_only},
    exit_line{"1", "something differs", verify_only},
    exit_line{"1", "something is behind or failing", status_only},
    exit_line{"1", "there are warnings", check_only},
    exit_line{"1", "it could not be allowed", allow_shrink_only},
    exit_line{"1", "not all could be printed", changes_only},
    exit_line{"1", "a step failed", setup_only},
    exit_line{"1", "the copy differs from the tree (--verify)", mirror_only},
    exit_line{"2", "no daemon is running", status_only},
    exit_line{"2", "an export would not work", check_only},
    exit_line{"3", "could not verify: interrupted, no rights, no database, a wrong schema ...", verify_only},
    exit_line{"3", "the feed does not tell: a generation is too old, or not listed", changes_only},
    exit_line{"3", "the step, or the comparison, could not be done", mirror_only},
    exit_line{"64", "wrong command line"},
    exit_line{"69", "database unavailable", once_only},
    exit_line{"70", "a bug in this program"},
    exit_line{"75", "another instance works on the same tree or database", exporting},
    exit_line{"77", "this user may not do that; who may, and what to type, is said"},
    exit_line{"78", "wrong configuration or JSON schema, or a path or address that cannot be used"}};

std::string padded(std::string_view text, std::size_t width) {
    std::string result{text};
    result.append(width - std::min(width, text.size()), ' ');
    return result;
}

// What is too long for its column has the line for itself.
std::string line(std::string_view left, std::size_t width, std::string_view right) {
    bool const alone = left.size() >= width && !right.empty();
    auto result = "  " + (alone ? std::string{left} + "\n  " + std::string(width, ' ') : padded(left, width)) +
                  std::string{right};
    result.erase(result.find_last_not_of(' ') + 1);
    return result + '\n';
}

std::string option_line(option_info const& option) {
    auto const name = option.name();
    std::string_view const spelling{option.spelling};
    auto left = "--" + std::string{name};
    if (spelling.size() > name.size())
        left = "-" + std::string{spelling.substr(name.size() + 1)} + ", " + left;
    if (!option.argument.empty())
        left += " " + std::string{option.argument};
    return line(left, 26, option.help);
}

std::string options_of(command name) {
    std::string text = "\nOptions:\n";
    for (auto const& option : option_table())
        text += option.belongs_to(name) ? option_line(option) : "";
    return text;
}

std::string words_of(std::span<command const> commands) {
    std::string words;
    for (auto const name : commands)
        words += (words.empty() ? "" : ", ") + std::string{info_of(name).word};
    return words;
}

bool concerns(std::span<command const> commands, std::optional<command> asked) {
    return !asked || commands.empty() || std::ranges::find(commands, *asked) != commands.end();
}

/// What everybody may do is refused to nobody; setup itself asks for root.
bool can_end_with(std::string_view code, std::optional<command> asked) {
    return code != "77" || !asked || *asked == command::setup || info_of(*asked).works != works_as::anybody;
}

/// Those of one command, or all, with the commands that they belong to.
std::string exit_codes(std::optional<command> asked) {
    std::string text = "\nExit codes:\n";
    for (auto const& [code, meaning, commands] : exit_lines) {
        bool const named = !asked && !commands.empty();
        if (concerns(commands, asked) && can_end_with(code, asked))
            text += line(code, 15, std::string{meaning} + (named ? " (" + words_of(commands) + ")" : ""));
    }
    return text;
}

std::string every_option() {
    std::string text = "\nOptions:\n";
    for (auto const& option : option_table()) {
        auto described = option_line(option);
        if (!option.commands.empty())
            described.insert(described.size() - 1, " (" + words_of(option.commands) + ")");
        text += described;
    }
    return text;
}

std::string every_command() {
    std::string text = "\nCommands:\n";
    for (auto const& info : command_table())
        text += line(std::string{info.word} + info.synopsis(), 26, info.summary);
    return text;
}

std::string environment_variables() {
    std::string text = "\nEnvironment (stronger than the file, weaker than --set):\n";
    for (auto const& key : known_keys()) {
        if (!key.environment.empty()) {
            auto const meaning = key.environment == "DBNAME_DWH" ? "database name in " : "";
            text += line(key.environment, 26, meaning + key.full_name());
        }
    }
    return text;
}

std::string every_setting() {
    std::string text = "\nSettings and their defaults (file: " + default_config_file().string() + "):\n";
    for (auto const& key : known_keys())
        text += line(key.full_name(), 32, key.default_text.empty() ? "(empty)" : key.default_text);
    return text;
}

/// An option stays with its argument.
std::string wrapped(std::string text) {
    constexpr std::size_t width = 100;
    auto const end = text.size() <= width ? std::string::npos : text.rfind(" [", width);
    return end == std::string::npos ? text : text.replace(end, 1, "\n           ");
}

} // namespace

std::string help_text(std::optional<command> asked) {
    if (asked) {
        auto const& info = info_of(*asked);
        auto const usage = "Usage: osm-notes-exportd " + std::string{info.word} + info.synopsis() + " [option...]";
        return wrapped(usage) + "\n\n" + std::string{info.details} + options_of(*asked) +
               (*asked == command::run ? std::string{signals} : "") + exit_codes(asked);
    }
    return "Usage: osm-notes-exportd [command] [option...]\n\n"
           "Keeps a published tree of JSON files equal to the datamart tables of OSM-Notes-Analytics.\n" +
           every_command() + every_option() + environment_variables() + every_setting() + std::string{signals} +
           exit_codes(asked);
}

std::string version_text() {
    return "osm-notes-exportd " EXPORTD_VERSION "\n";
}

} // namespace exportd
