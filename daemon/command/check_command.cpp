#include "command/check_command.hpp"

#include "command/check_text.hpp"
#include "command/notify_trial.hpp"
#include "command/place_checks.hpp"
#include "settings/export_settings.hpp"
#include "system_user.hpp"

#include <notes_export/check.hpp>

#include <algorithm>
#include <iostream>
#include <iterator>

namespace exportd {

namespace {

using notes_export::finding;
using notes_export::severity;
using findings = std::vector<finding>;

void append(findings& to, findings more) {
    std::ranges::move(more, std::back_inserter(to));
}

finding examine_settings(loaded_settings const& loaded) {
    return {severity::ok, "configuration", loaded.file ? loaded.file->string() : "defaults, no file", ""};
}

bool is_connected(findings const& database) {
    return !database.empty() && database.front().how == severity::ok;
}

// systemd is asked before there is a second thread, which the session that listens has.
findings examine(loaded_settings const& loaded) {
    auto const& s = loaded.value;
    auto const config = to_export_config(s);
    findings all{examine_settings(loaded), {severity::ok, "user", caller().name, ""}};
    append(all, notes_export::examine_schemas(config));
    append(all, notes_export::examine_directory(config));
    append(all, examine_log_file(s));
    append(all, examine_http(s));
    append(all, examine_service(s));
    auto database = notes_export::examine_database(config);
    bool const connected = is_connected(database);
    append(all, std::move(database));
    if (connected)
        append(all, try_notification(s));
    return all;
}

} // namespace

exit_code run_check(command_line const& line, loaded_settings const& loaded) {
    auto const all = examine(loaded);
    std::cout << (line.json ? check_json(all) : check_text(all)) << std::flush;
    switch (worst_of(all)) {
    case severity::ok:
        return exit_code::success;
    case severity::warning:
        return exit_code::failure;
    case severity::error:
        break;
    }
    return exit_code::down;
}

} // namespace exportd
