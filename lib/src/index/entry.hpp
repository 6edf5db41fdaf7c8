#pragma once

#include "notes_export/dataset.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace notes_export {

/// The index entry of a published profile, made of what stands in it; nullopt when the text is no profile or lacks one
/// of the columns.
std::optional<std::string> entry_from_profile(std::string_view profile, dataset const& d);

} // namespace notes_export
