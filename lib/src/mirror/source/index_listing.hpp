#pragma once

#include "mirror/source/http_site.hpp"
#include "notes_export/dataset.hpp"

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace notes_export::mirror {

/// The profiles of a dataset, as its index tells of them.
struct listed_profiles {
    bool has_index = false;
    std::vector<std::int64_t> ids;   ///< in the order of directories, each once
    std::vector<std::string> shards; ///< paths of files beside the index
};

/**
 * Reads the index of each dataset, in their order, and its shards; where there is no index as a whole, they tell of the
 * profiles.
 *
 * metadata.json says how many profiles there are: while an index has fewer ids, another generation may be on its way,
 * and it is read again for a few seconds. After that the index does not list all (it is larger than the publisher's
 * index_max_size allows, or has entries left out), and nothing is known of the rest.
 * Throws  source_error "cannot_list" then; what http_site throws.
 */
std::vector<listed_profiles> list_by_indexes(http_site& site, std::vector<dataset> const& datasets,
                                             std::stop_token const& stop);

} // namespace notes_export::mirror
