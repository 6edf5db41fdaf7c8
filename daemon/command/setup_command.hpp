#pragma once

#include "command/command_line.hpp"
#include "exit_codes.hpp"
#include "settings/load_settings.hpp"
#include "setup/step.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace exportd {

/// From an installed package to a published tree. Throws usage_error, wrong_user.
exit_code run_setup(command_line const& line, loaded_settings const& loaded);

/// Runs one step after the other and prints each, with what reverses it. false: one failed, and it was said which, why,
/// and what was done before it.
bool run_steps(std::vector<step> const& steps, std::ostream& out, std::ostream& errors);
/// Prints what they would do.
void print_steps(std::vector<step> const& steps, std::ostream& out);

} // namespace exportd
