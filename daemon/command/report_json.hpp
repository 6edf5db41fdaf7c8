#pragma once

#include "status/status_members.hpp"

#include <notes_export/report.hpp>

namespace exportd {

/// What a cycle did, or would do: members of the object that `once --json` and `verify --repair --json` print.
void put_report(json_writer& w, notes_export::cycle_report const& r);
/// Members of the object that tells of an index that is too large.
void put_index_size(json_writer& w, notes_export::index_size const& size);

} // namespace exportd
