#pragma once

#include "crash/soak_model.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace soak {

/// In what a published tree is not what the warehouse holds: nothing unpublished, nothing extra. Empty: in nothing.
std::vector<std::string> differences(std::filesystem::path const& tree, warehouse const& truth);

} // namespace soak
