#pragma once

#include "settings/config_file.hpp"
#include "settings/section_texts.hpp"
#include "settings/settings.hpp"

#include <string_view>
#include <vector>

namespace exportd {

/// May a section [dataset NAME] or [document NAME] have this name? It is part of a key of metadata.json, of metrics,
/// and may be the one that json_export_watch() is given.
bool is_exported_name(std::string_view name);

/**
 * What is exported: the built-in datasets and documents, unless [export] built_in = false, changed by the sections of
 * their name, and those of all other sections.
 *
 * Mistakes are added, each at its place: keys, and what only shows when all are seen together (paths that meet, two
 * datasets of one table, schemas that are not there).
 */
void read_exported(std::vector<section_texts> const& datasets, std::vector<section_texts> const& documents,
                   settings& into, std::vector<mistake>& mistakes);

} // namespace exportd
