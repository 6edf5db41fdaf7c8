// What an object store gets of a file of the tree.
#include "mirror/s3/object_content.hpp"

#include "compress/gzip.hpp"
#include "support/catch.hpp"

#include <array>

using namespace notes_export;
using namespace notes_export::mirror;

namespace {

std::string sent(object_content const& content) {
    std::string bytes(content.size(), '\0');
    CHECK(content.read(0, bytes) == bytes.size());
    return bytes;
}

} // namespace

TEST_CASE("object content: compress = gzip compresses files, and no twin again", "[mirror][s3][twins]") {
    s3_options options;
    options.compress = s3_compression::gzip;
    std::string const text(1000, 'a');
    auto const twin = gzip(text);
    CHECK(sent(*content_of(text, "countries/7.json", options)) == gzip(text));
    CHECK(sent(*content_of(twin, "countries/7.json.gz", options)) == twin);
    CHECK(sent(*content_of(twin, "countries/7.json.br", options)) == twin);
    CHECK(is_sent_compressed("countries/7.json", options));
    CHECK_FALSE(is_sent_compressed("countries/7.json.gz", options));
    CHECK_FALSE(is_sent_compressed("countries/7.json", s3_options{}));
}

TEST_CASE("object content: a twin is an object of its own type", "[mirror][s3][twins]") {
    CHECK(media_type_of("countries/7.json") == "application/json");
    CHECK(media_type_of("countries/7.json.gz") == "application/gzip");
    CHECK(media_type_of("countries/7.json.br") == "application/octet-stream");
}
