#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export::mirror {

/// What an S3 store says of a failure. From outside: for messages only, and never trusted.
struct s3_error_answer {
    std::string code;     ///< "NoSuchBucket"
    std::string message;  ///< for people
    std::string endpoint; ///< where the bucket is, of PermanentRedirect
    std::string region;   ///< of the bucket, where that was the mistake
};

struct s3_object {
    std::string key;
    std::uint64_t size = 0;
    std::string etag; ///< without quotation marks
};

/// One page of a listing (list-type=2).
struct s3_listing {
    std::vector<s3_object> objects;
    bool more = false;
};

/// Keys of a page; no store gives more.
inline constexpr std::size_t most_listed = 1000;

/**
 * Read what a server answers. It is hostile: no document type (hence no entities but XML's own), depth, texts and
 * number of objects are bounded. nullopt when it is anything else. Texts are UTF-8, and may hold control characters.
 */
std::optional<s3_error_answer> parse_s3_error(std::string_view xml);
std::optional<s3_listing> parse_s3_listing(std::string_view xml);

} // namespace notes_export::mirror
