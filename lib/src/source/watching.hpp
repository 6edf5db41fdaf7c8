#pragma once

#include "notes_export/dataset.hpp"

#include <string>

namespace notes_export {

/// What the owner of the tables has to run so that changes of this dataset are told by triggers: install.sql, and for a
/// dataset that it does not know by itself a call of json_export_watch().
std::string how_to_watch(std::string const& schema, dataset const& d);

} // namespace notes_export
