#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace notes_export::mirror {

/// A request as it is signed.
struct unsigned_request {
    std::string method;
    std::string path;                                         ///< percent-encoded, as it is sent
    std::vector<std::pair<std::string, std::string>> query;   ///< not encoded, in any order
    std::vector<std::pair<std::string, std::string>> headers; ///< all are signed; host must be among them
    std::string content_sha256;                               ///< in hex
};

struct signing_key {
    std::string access_key;
    std::string secret_key;
    std::string region;
    std::string service = "s3";
};

/**
 * Signature Version 4 of Amazon, which object stores of all makers check: the value of the header Authorization.
 *
 * `time` is that of the header x-amz-date, 20150830T123600Z. Values of headers are signed without spaces at their ends,
 * and with one for many in between.
 * Why not libcurl's: that of 7.88 signs unsorted queries, keys with '=' and some more wrongly.
 */
std::string authorization(unsigned_request const& request, signing_key const& key, std::string_view time);

/// Sorted and encoded, as it is signed; ready to be sent.
std::string canonical_query(std::vector<std::pair<std::string, std::string>> const& query);

} // namespace notes_export::mirror
