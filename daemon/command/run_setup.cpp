#include "command/commands.hpp"

#include "command/acting_user.hpp"
#include "command/parse_command_line.hpp"
#include "log/safe_text.hpp"
#include "setup/changed_keys.hpp"
#include "setup/program.hpp"
#include "setup/run_steps.hpp"
#include "setup/steps.hpp"
#include "setup/unit.hpp"
#include "status/verdict.hpp"

#include <iostream>
#include <memory>

#ifndef EXPORTD_SQL_DIR
#error "EXPORTD_SQL_DIR must name the directory that install.sql is installed in"
#endif

namespace exportd {

namespace {

using logging::printable; // names, and what psql and systemctl say

void require_user(command_line const& line) {
    if (!caller().is_root())
        throw wrong_user{"setup changes the system, so type: sudo osm-notes-exportd setup" + line.options};
}

// The service reads one file, and no --set.
void require_plain(command_line const& line) {
    if (!line.sets.empty())
        throw usage_error{
            "setup writes the configuration file, and --set is not in it (try 'osm-notes-exportd --help')"};
    if (line.config && *line.config != default_config_file())
        throw usage_error{"the service reads " + default_config_file().string() +
                          ", so setup takes no other --config (try 'osm-notes-exportd --help')"};
}

/// What the file alone says.
settings settings_of_file() {
    auto loaded = load_settings(std::nullopt, {}, [](std::string_view) { return std::nullopt; });
    if (!loaded.mistakes.empty())
        throw setup_error{loaded.mistakes.front().text()};
    return loaded.value;
}

void print_end(setup_request const& asked, settings const& now) {
    std::cout << "\nThe tree   " << printable(asked.directory.string()) << '\n';
    if (asked.http)
        std::cout << "The page   http://" << page_address << "/ (or what [http] listen says)\n";
    std::cout << "The ETL    let its last statement be: NOTIFY " << now.database.channel << ";\n"
              << "Next       osm-notes-exportd status; journalctl -u osm-notes-exportd;\n"
              << "           a web server for the tree, see man osm-notes-exportd\n"
              << std::flush;
}

exit_code set_up(setup_request const& asked, bool dry_run) {
    setup_places places;
    places.config_file = default_config_file();
    places.sql = EXPORTD_SQL_DIR;
    places.service_user = service_user_name;
    auto const now = settings_of_file();
    auto steps = preparing_steps(asked, places, now);
    auto const changed = std::make_shared<bool>(false);
    for (auto& each : steps) // not what install.sql did: the service finds that by itself
        if (&each != &steps.front())
            each.run = [changed, run = each.run] {
                auto done = run();
                *changed = *changed || done.changed;
                return done;
            };
    for (auto& each : starting_steps(
             asked, places, [changed] { return *changed; },
             [](std::string const& line) { std::cout << indented(line) << std::flush; }, tells_an_end))
        steps.push_back(std::move(each));
    if (dry_run) {
        print_steps(steps, std::cout);
        return exit_code::success;
    }
    if (!systemd_runs())
        throw setup_error{"no systemd runs here, so the service cannot be started; --dry-run shows what to do by hand"};
    if (!run_steps(steps, std::cout, std::cerr))
        return exit_code::failure;
    print_end(asked, now);
    return exit_code::success;
}

} // namespace

exit_code run_setup(command_line const& line, loaded_settings const&) {
    require_plain(line);
    setup_request asked;
    try {
        asked = checked({line.database, line.directory, line.http, line.version_file});
    } catch (setup_error const& e) {
        throw usage_error{std::string{"setup: "} + e.what()};
    }
    require_user(line);
    try {
        return set_up(asked, line.dry_run);
    } catch (setup_error const& e) {
        std::cerr << "osm-notes-exportd: setup: " << printable(e.what()) << '\n';
        return exit_code::failure;
    }
}

} // namespace exportd
