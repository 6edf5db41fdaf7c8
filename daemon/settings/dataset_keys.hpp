#pragma once

#include "settings/section_key.hpp"

#include <notes_export/dataset.hpp>

#include <span>

namespace exportd {

/// Every key of a [dataset NAME] section, in the order of the manual.
std::span<section_key<notes_export::dataset> const> dataset_keys();

/// A section that says only what it must: what else there is follows from that.
void complete(notes_export::dataset& d);

} // namespace exportd
