#include "command/command_table.hpp"

#include "command/commands.hpp"
#include "command/selection.hpp"

#include <algorithm>
#include <array>

namespace exportd {

namespace {

constexpr std::array commands{
    command_info{command::run, "run", "the daemon, in the foreground; the default",
                 "Listens for notifications of the ETL and keeps the tree equal to the database until it is\n"
                 "told to stop. Waits for a database that is not there.\n",
                 nullptr, works_as::writer, true},
    command_info{command::once, "once", "one export cycle, then exit",
                 "Exports what is pending and exits. Not while the daemon works on the same tree (exit 75);\n"
                 "--dry-run works beside it.\n",
                 run_once, works_as::writer, true},
    command_info{command::verify, "verify", "compare tree and database, change nothing",
                 "Renders every row and compares it with its file. Exits 1 when anything differs, 3 when it\n"
                 "could not be verified.\n",
                 run_verify, works_as::reader},
    command_info{command::status, "status", "how the daemon is, pending rows, last runs",
                 "Asks the running daemon how it is, then tree and database. Exits 0 when all is well, 1 when it is\n"
                 "behind or failing, 2 when no daemon is running.\n",
                 run_status, works_as::reader},
    command_info{command::check_config, "check-config", "show every mistake in the settings, each with its line",
                 "Reads the configuration, the environment, --set and the JSON schemas, and nothing else.\n",
                 run_check_config},
    command_info{command::show_config, "show-config", "all settings, as a configuration file",
                 "What is in force after file, environment and --set, with the datasets and documents that are\n"
                 "built in; *** stands for passwords.\n",
                 run_show_config},
    command_info{command::allow_shrink, "allow-shrink", "let one large removal pass the shrink guard",
                 "The next cycle that needs it, of the running daemon or of once, may remove more than the\n"
                 "shrink guard lets pass. One cycle, within 24 hours. Only as the owner of the tree or root.\n",
                 run_allow_shrink, works_as::writer},
    command_info{command::changes, "changes", "which files of the tree changed since a generation",
                 "Prints what the change feed of the tree says: a line \"changed PATH\" or \"removed PATH\" for each.\n"
                 "Exits 3 when the feed does not tell; then compare everything.\n",
                 run_changes, works_as::reader},
    command_info{command::check, "check", "would the service work? each finding with its remedy",
                 "Tries what a start and an export need: tree, log file, address, connection, rights,\n"
                 "install.sql, a notification. Changes nothing. Exits 1 with warnings, 2 with errors.\n",
                 run_check, works_as::writer},
    command_info{command::setup, "setup", "from the package to a published tree",
                 "As root. Prints each step, and how to reverse it; can be repeated, also after a failure.\n",
                 run_setup},
    command_info{command::mirror, "mirror", "keep a copy of the tree equal to it",
                 "Follows the change feed to a directory, a git branch or a bucket until it is told to stop, as\n"
                 "a process of its own. Needs no database. Failures are tried again.\n",
                 nullptr, works_as::mirror, false, "NAME"},
};

constexpr std::array once_only{command::once};
constexpr std::array verify_only{command::verify};
constexpr std::array status_only{command::status};
constexpr std::array changes_only{command::changes};
constexpr std::array setup_only{command::setup};
constexpr std::array mirror_only{command::mirror};
constexpr std::array with_dry_run{command::once, command::setup};
constexpr std::array with_json{command::once, command::verify, command::status, command::check};

constexpr std::array options{
    option_info{"full", "", "every row, whether pending or not", once_only,
                [](command_line& l, std::string const&) { l.full = true; }},
    option_info{"force", "", "remove files even when the shrink guard objects", once_only,
                [](command_line& l, std::string const&) { l.force = true; }},
    option_info{"dry-run", "", "say what would be done, change nothing", with_dry_run,
                [](command_line& l, std::string const&) { l.dry_run = true; }},
    option_info{"id", "DATASET:ID", "only this one, users:12345; may be repeated", once_only,
                [](command_line& l, std::string const& id) { l.ids.push_back(parse_entity_id(id)); }, true},
    option_info{"repair", "", "export what differs, with a full cycle of just that", verify_only,
                [](command_line& l, std::string const&) { l.repair = true; }},
    option_info{"json", "", "as one JSON object", with_json,
                [](command_line& l, std::string const&) { l.json = true; }},
    option_info{"since", "GENERATION", "what came after this one; without it: the newest", changes_only,
                [](command_line& l, std::string const& number) { l.since = parse_generation(number); }},
    option_info{"null,z", "", "paths only, each ended by a NUL", changes_only,
                [](command_line& l, std::string const&) { l.null = true; }},
    option_info{"watch", "", "again every second, until it is interrupted", status_only,
                [](command_line& l, std::string const&) { l.watch = true; }},
    option_info{"database", "NAME", "the warehouse", setup_only,
                [](command_line& l, std::string const& name) { l.database = name; }, false, true},
    option_info{"directory", "DIR", "where the tree shall be", setup_only,
                [](command_line& l, std::string const& directory) { l.directory = directory; }, false, true},
    option_info{"version-file", "FILE", "go on with the version of the data format in FILE", setup_only,
                [](command_line& l, std::string const& file) { l.version_file = file; }},
    option_info{"http", "", "status page and metrics as well", setup_only,
                [](command_line& l, std::string const&) { l.http = true; }},
    option_info{"once", "", "one step to the newest generation, then exit", mirror_only,
                [](command_line& l, std::string const&) { l.mirror_once = true; }},
    option_info{"verify", "", "compare the copy with the tree, change nothing", mirror_only,
                [](command_line& l, std::string const&) { l.compare = true; }},
    option_info{"config",
                "FILE",
                "read the settings from FILE",
                {},
                [](command_line& l, std::string const& file) { l.config = file; }},
    option_info{"set",
                "SECTION.KEY=VALUE",
                "set one setting; may be repeated",
                {},
                [](command_line& l, std::string const& setting) { l.sets.push_back(setting); },
                true},
    option_info{"help,h", "", "show this text; after a command, its own", {}, nullptr},
    option_info{"version", "", "show the version", {}, nullptr},
};

} // namespace

std::string command_info::synopsis() const {
    std::string text = argument.empty() ? "" : ' ' + std::string{argument};
    for (auto const& option : options) {
        if (option.commands.empty() || !option.belongs_to(name))
            continue;
        auto spelled = "--" + std::string{option.name()};
        if (!option.argument.empty())
            spelled += ' ' + std::string{option.argument};
        text += option.required ? ' ' + spelled : " [" + spelled + ']';
    }
    return text;
}

std::string_view option_info::name() const {
    std::string_view const text{spelling};
    return text.substr(0, text.find(','));
}

bool option_info::belongs_to(command asked) const {
    return commands.empty() || std::find(commands.begin(), commands.end(), asked) != commands.end();
}

std::span<command_info const> command_table() {
    return commands;
}
std::span<option_info const> option_table() {
    return options;
}

command_info const& info_of(command name) {
    return *std::find_if(commands.begin(), commands.end(), [&](command_info const& i) { return i.name == name; });
}

} // namespace exportd
