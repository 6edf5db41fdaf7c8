#pragma once

#include "mirror/source/http_site.hpp"
#include "notes_export/dataset.hpp"

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace notes_export::mirror {

/// The shards of a dataset behind HTTP, as the files with names tell of them.
struct listed_shards {
    std::vector<std::string> paths; ///< none: the site has no shards
    std::vector<std::int64_t> ids;  ///< of the entries that they list
};

/**
 * Reads all shards with names, which are a few thousand files; where those of bigrams are follows from the names.
 *
 * Throws  source_error "damaged_index" when one of them is none; what http_site throws.
 */
listed_shards list_shards(http_site& site, dataset const& d, std::stop_token const& stop);

} // namespace notes_export::mirror
