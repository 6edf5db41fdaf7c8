#pragma once

#include "command/command_line.hpp"

#include <notes_export/config.hpp>
#include <notes_export/cycle.hpp>

#include <optional>
#include <string>
#include <vector>

namespace exportd {

/// "users:12345". Throws usage_error when it is nothing like that.
entity_id parse_entity_id(std::string const& text);

/// "42", behind --since. Throws usage_error when it is no number.
std::uint64_t parse_generation(std::string const& text);

/// None when no entity was named.
std::optional<notes_export::entity_selection> selection_of(std::vector<entity_id> const& ids);

/// Names a dataset that there is not; "" is none.
std::string selection_mistake(std::vector<entity_id> const& ids, std::vector<notes_export::dataset> const& datasets);

} // namespace exportd
