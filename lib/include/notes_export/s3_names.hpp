#pragma once

#include <string>
#include <string_view>

/// What a mirror can be told of a bucket. Each gives why not, for people and without the text, which may hold a
/// password; "" when it can. Throws nothing but bad_alloc. Thread: any.
namespace notes_export {

/// "https://host/bucket/prefix", whatever the style is; the prefix may be missing.
std::string unusable_s3_url(std::string_view url);
/// "us-east-1", or what the store calls its own.
std::string unusable_s3_region(std::string_view region);

} // namespace notes_export
