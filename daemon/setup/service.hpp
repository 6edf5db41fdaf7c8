#pragma once

#include <filesystem>
#include <string>
#include <vector>

/// What setup does with the service.
namespace exportd {

/// `systemctl WORDS...`. Throws setup_error with what it says.
void tell_systemd(std::string const& verb, std::string const& more = "");

/// Starts it, with the machine too; again when what it reads has `changed`, or when one of these files is newer than
/// the running one: a setup that ended early may have written them. Says what was done.
std::string start_service(bool changed, std::vector<std::filesystem::path> const& read_at_start);

/// What it says of itself. Throws setup_error when it is not running.
std::string state_of_service();

/// Runs this program's `check` as it is typed by an operator, and says what it found. Throws setup_error with the
/// findings when something would not work.
std::string check_with_this_program();

} // namespace exportd
