#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/// Name of a trigger -> when it fires, as in pg_trigger.tgenabled: 'O' in normal sessions, 'R' in those that apply
/// replicated changes, 'A' in both, 'D' never.
using triggers_by_name = std::map<std::string, char>;

/// What install.sql puts on a relation depends on what it is read for.
enum class watched_as { dataset, dimension, names };

/**
 * Triggers of install.sql without which a change of this relation could go unnoticed, and which are not there or do not
 * fire when they should; for people. Empty: all is well.
 *
 * `kind` is pg_class.relkind; statement triggers of a partitioned table fire on that table only, row triggers on its
 * partitions as well. Source: sql/install.sql.
 */
std::vector<std::string> missing_triggers(watched_as as, char kind, bool partition, triggers_by_name const& found);

} // namespace notes_export
