#pragma once

#include "feed/published_paths.hpp"
#include "mirror/s3/bucket.hpp"
#include "mirror/s3/file_list.hpp"
#include "mirror/s3/object_content.hpp"
#include "mirror/source/tree_source.hpp"

#include <set>
#include <stop_token>
#include <string>

namespace notes_export::mirror {

/// A tree beside a bucket, as they were listed.
struct s3_comparison {
    file_list files;                ///< of the tree, each with what the bucket has of it
    std::set<std::string> too_much; ///< paths of ours that only the bucket has
};

/// Reads no file. Throws source_error when the source cannot list its files; what the bucket throws.
s3_comparison compare_with_bucket(tree_source& source, s3_bucket& bucket, published_paths const& ours,
                                  std::stop_token const& stop);

/// Can what the bucket has be seen to differ without reading the file?
bool surely_differs(file_list::entry const& e, s3_options const& options);
bool is_stored(file_list::entry const& e, object_content const& content);

} // namespace notes_export::mirror
