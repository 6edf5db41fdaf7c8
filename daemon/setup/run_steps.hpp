#pragma once

#include "setup/step.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace exportd {

/// Runs one step after the other and prints each, with what reverses it. false: one failed, and it was said which, why,
/// and what was done before it.
bool run_steps(std::vector<step> const& steps, std::ostream& out, std::ostream& errors);

/// Prints what they would do.
void print_steps(std::vector<step> const& steps, std::ostream& out);

/// What a step says, below its heading: each line further to the right, without control characters.
std::string indented(std::string const& text);

} // namespace exportd
