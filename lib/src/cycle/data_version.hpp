#pragma once

#include "cycle/context.hpp"
#include "cycle/situation.hpp"

#include <optional>
#include <string>

namespace notes_export {

/// The version of the data format.
struct data_version {
    std::string published;             ///< for metadata.json
    std::optional<std::string> raised; ///< to be written to the version file
};

/// From .json_export_version, raised when columns changed. An operator's own edit wins over raising it ourselves.
data_version find_data_version(cycle_context& c, situation const& seen);

} // namespace notes_export
