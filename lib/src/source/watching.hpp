#pragma once

#include "notes_export/dataset.hpp"

#include <string>
#include <vector>

namespace notes_export {

/// Which dataset a line of json_export_log is about: it names a dataset, or the table that json_export_watch() was
/// asked for. What no dataset is called stays as it is.
std::string const& dataset_of(std::string const& named, std::vector<dataset> const& all);

/// What the owner of the tables has to run so that changes of this dataset are told by triggers: install.sql, and for a
/// dataset that it does not know by itself a call of json_export_watch(). `all` are those that are configured.
std::string how_to_watch(std::string const& schema, dataset const& d, std::vector<dataset> const& all);

/// The same when its table is watched already, but as another dataset or by other columns; a table that install.sql
/// watches by itself stays watched as it is, so that the section has to say so.
std::string how_to_watch_anew(std::string const& schema, dataset const& d, std::vector<dataset> const& all);

} // namespace notes_export
