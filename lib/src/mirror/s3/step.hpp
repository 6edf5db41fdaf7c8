#pragma once

#include "feed/published_paths.hpp"
#include "mirror/s3/bucket.hpp"
#include "mirror/s3/object_content.hpp"
#include "mirror/source/tree_source.hpp"
#include "mirror/target.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace notes_export::mirror {

using sent_files = std::map<std::string, sha256_digest>;

/// What all parts of a step need.
struct s3_step {
    s3_bucket& bucket;
    published_paths const& ours;
    tree_source& source;
    std::stop_token const& stop;
    sent_files& sent; ///< is added to: files that the store has, with the SHA-256 of the tree's file
    step_result& result;
};

struct waiting_object {
    std::string path;
    std::shared_ptr<object_content const> content;
};

/// What is sent behind the profiles: read before them, so that it is all of one generation.
struct closing_objects {
    std::vector<waiting_object> indexes;
    std::vector<waiting_object> singles;
    waiting_object metadata;
};

enum class supply { found, none_yet, end };

/// Sends as many at once as there are connections. `next` is asked again at once after none_yet.
void send_objects(s3_step& step, std::function<supply(waiting_object& found)> const& next);
/// Sends what is as it was listed; false: something else was not, because the tree has moved on.
bool send_listed(s3_step& step, std::span<listed_file const> files);

/**
 * Reads indexes, single files and metadata.json, of which `generation` must be the one that is published whole.
 *
 * Throws tree_moved_on.
 */
closing_objects read_closing(s3_step& step, std::span<listed_file const> files, std::uint64_t generation);
closing_objects read_closing(s3_step& step, std::set<std::string> const& paths, std::uint64_t generation);

/// Sends them, metadata.json last; then removes. `from` is the generation to begin again from when that is cut short.
void finish_step(s3_step& step, closing_objects const& closing, std::span<std::string const> removed,
                 std::uint64_t from);

/// Of a step that compares: the generation that the bucket has after it, which may be a later one than was asked for.
std::uint64_t send_differing(s3_step& step, change_set const& changes);

/// Header of metadata.json while removals are left to do; its value is the generation to begin again from.
inline constexpr char const* unfinished_header = "x-amz-meta-unfinished-from";

} // namespace notes_export::mirror
