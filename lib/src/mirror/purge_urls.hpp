#pragma once

#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

namespace notes_export::mirror {

/// What became of asking caches to forget.
struct purged_urls {
    std::size_t purged = 0;
    std::vector<std::string> failed; ///< paths to try again
    std::string error;               ///< of the first failure; without user or password
};

/**
 * HTTP PURGE of each path below `base`, as Varnish and others take it; a cache that does not have it (404) is as good
 * as one that forgot it. A few connections at a time. When the cache cannot be reached, or a minute is over, what is
 * left is among the failed. Ends within a second when asked to stop, without throwing.
 *
 * Thread  any.
 */
purged_urls purge_urls(std::string const& base, std::vector<std::string> const& paths, std::stop_token const& stop);

} // namespace notes_export::mirror
