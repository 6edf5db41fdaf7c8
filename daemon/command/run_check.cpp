#include "command/commands.hpp"

#include "command/check_text.hpp"
#include "command/notify_trial.hpp"
#include "command/place_checks.hpp"
#include "command/terminal.hpp"
#include "settings/export_settings.hpp"
#include "system_user.hpp"

#include <notes_export/check.hpp>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <iostream>
#include <iterator>
#include <system_error>
#include <unistd.h>

namespace exportd {

namespace {

using notes_export::finding;
using notes_export::severity;
using findings = std::vector<finding>;

void append(findings& to, findings more) {
    std::ranges::move(more, std::back_inserter(to));
}

// It was read by who typed the command, which may have been root.
finding examine_settings(loaded_settings const& loaded) {
    if (!loaded.file)
        return {severity::ok, "configuration", "defaults, no file", ""};
    auto const file = loaded.file->string();
    if (::faccessat(AT_FDCWD, file.c_str(), R_OK, AT_EACCESS) == 0)
        return {severity::ok, "configuration", file, ""};
    auto const reason = std::generic_category().message(errno);
    return {severity::error, "configuration", caller().name + " cannot read " + file + ": " + reason,
            "the service reads it as its user: chgrp " + std::to_string(caller().gid) + ' ' + file + " && chmod g+r " +
                file + ", and let that group pass the directories above"};
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
    std::cout << (line.json ? check_json(all) : check_text(all, shows_colours(STDOUT_FILENO))) << std::flush;
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
