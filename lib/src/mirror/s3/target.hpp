#pragma once

#include "feed/published_paths.hpp"
#include "mirror/s3/bucket.hpp"
#include "mirror/s3/options.hpp"
#include "mirror/target.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace notes_export::mirror {

/**
 * A copy of the tree in a bucket of any store that speaks S3.
 *
 * Cursor  generation of the bucket's metadata.json. While removals are left to do, that object carries the header
 *         x-amz-meta-unfinished-from: the generation to begin again from, so that a step that was cut short there is
 *         done again too.
 * Order   profiles, indexes, single files, metadata.json; then removals one by one, and metadata.json without the
 *         header.
 * Tree    files are sent as the change list names them. When the tree moves on meanwhile, what can be sent is sent,
 *         the rest ends in source_error, and the next step does not send the same bytes again.
 * Memory  about 40 MB for 500,000 files when everything is compared; large files go through a file in the spool
 *         directory.
 */
class s3_target final : public target {
public:
    /// Throws mirror_error "configuration" for options that cannot be used. Asks nothing of the store.
    s3_target(s3_options options, published_paths ours);

    cursor read_cursor(std::stop_token const& stop) override;
    void apply(change_set const& changes, tree_source& source, std::stop_token const& stop,
               step_result& result) override;
    std::vector<difference> verify(tree_source& source, std::size_t at_most, std::stop_token const& stop) override;

private:
    cursor stored_cursor(std::stop_token const& stop);
    void forget_if_not(std::uint64_t generation);

    s3_bucket m_bucket;
    /// What a step that failed has sent, for the next one from the same generation.
    std::map<std::string, sha256_digest> m_sent;
    std::uint64_t m_sent_from = 0;
};

} // namespace notes_export::mirror
