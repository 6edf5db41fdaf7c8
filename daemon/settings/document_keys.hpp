#pragma once

#include "settings/section_key.hpp"

#include <notes_export/dataset.hpp>

#include <span>

namespace exportd {

/// Every key of a [document NAME] section, in the order of the manual.
std::span<section_key<notes_export::document> const> document_keys();

} // namespace exportd
