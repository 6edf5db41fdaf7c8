#pragma once

#include "settings/settings.hpp"
#include "setup/setup_request.hpp"
#include "setup/step.hpp"

#include <functional>
#include <string>
#include <vector>

namespace exportd {

/// Prepares the warehouse, the directory, the drop-in and the configuration file: what needs no systemd.
/// Looks at the system, and throws setup_error about what is in the way, before anything is changed.
std::vector<step> preparing_steps(setup_request const& asked, setup_places const& places, settings const& now);

/// Lets systemd see it, checks as the service's user, starts the service, and waits for the first export, whose
/// progress goes to `show`; `ended`: see export_watch. `changed`: did a step before change anything?
std::vector<step> starting_steps(setup_request const& asked, setup_places const& places,
                                 std::function<bool()> const& changed, std::function<void(std::string const&)> show,
                                 std::function<bool(std::string const&)> ended);

} // namespace exportd
