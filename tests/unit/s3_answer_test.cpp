// What an S3 server answers is hostile.
#include "support/catch.hpp"

#include "mirror/s3/answer.hpp"
#include "mirror/s3/bucket.hpp"

#include <string>

using namespace notes_export::mirror;

namespace {

std::string listing(std::string const& inside) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
           "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>" +
           inside + "</ListBucketResult>";
}

std::string object(std::string const& key, std::string const& size = "5") {
    return "<Contents><Key>" + key + "</Key><ETag>&quot;0123&quot;</ETag><Size>" + size +
           "</Size><Owner><ID>x</ID></Owner></Contents>";
}

} // namespace

TEST_CASE("s3 answer: a page of a listing", "[mirror]") {
    auto const page = parse_s3_listing(listing("<IsTruncated>true</IsTruncated>" + object("a&amp;b") + object("c")));
    REQUIRE(page);
    CHECK(page->more);
    REQUIRE(page->objects.size() == 2);
    CHECK(page->objects[0].key == "a&b");
    CHECK(page->objects[0].etag == "0123");
    CHECK(page->objects[0].size == 5);
}

TEST_CASE("s3 answer: names of a listing that are encoded", "[mirror]") {
    auto const page = parse_s3_listing(listing("<EncodingType>url</EncodingType>" + object("a%2Fb+c%0A%C3%A4")));
    REQUIRE(page);
    CHECK(page->objects[0].key == "a/b c\n\xc3\xa4");
    CHECK_FALSE(parse_s3_listing(listing("<EncodingType>url</EncodingType>" + object("a%2"))));
    CHECK_FALSE(parse_s3_listing(listing("<EncodingType>url</EncodingType>" + object("a%zz"))));
}

TEST_CASE("s3 answer: what is no listing is refused", "[mirror]") {
    CHECK_FALSE(parse_s3_listing(""));
    CHECK_FALSE(parse_s3_listing("<html>moved</html>"));
    CHECK_FALSE(parse_s3_listing("<ListBucketResult><Contents>"));
    CHECK_FALSE(parse_s3_listing(listing(object("a", "-1"))));
    CHECK_FALSE(parse_s3_listing(listing(object("a", "1e9"))));
    CHECK_FALSE(parse_s3_listing(listing(object(std::string(5000, 'k')))));
    std::string deep;
    for (int i = 0; i < 9; ++i)
        deep += "<a>";
    CHECK_FALSE(parse_s3_listing(listing(deep)));
    std::string many;
    for (int i = 0; i < 1001; ++i)
        many += object(std::to_string(i));
    CHECK_FALSE(parse_s3_listing(listing(many)));
}

TEST_CASE("s3 answer: entities of a document type are refused", "[mirror]") {
    auto const laughs = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>";
    CHECK_FALSE(parse_s3_error(std::string{laughs} + "<Error><Code>&b;</Code></Error>"));
    CHECK_FALSE(parse_s3_error("<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><Error><Code>x</Code></Error>"));
}

TEST_CASE("s3 answer: an error", "[mirror]") {
    auto const error = parse_s3_error("<?xml version='1.0'?><Error><Code>PermanentRedirect</Code><Message>Go</Message>"
                                      "<Endpoint>b.s3.example.org</Endpoint><Other>1</Other></Error>");
    REQUIRE(error);
    CHECK(error->code == "PermanentRedirect");
    CHECK(error->message == "Go");
    CHECK(error->endpoint == "b.s3.example.org");
    CHECK_FALSE(parse_s3_error("<NoError/>"));
    CHECK_FALSE(parse_s3_error("Bad Gateway"));
}

TEST_CASE("s3 answer: only 32 hexadecimal digits are an MD5", "[mirror]") {
    CHECK(md5_of("d41d8cd98f00b204e9800998ecf8427e"));
    CHECK_FALSE(md5_of("d41d8cd98f00b204e9800998ecf8427e-2"));
    CHECK_FALSE(md5_of("g41d8cd98f00b204e9800998ecf8427e"));
    CHECK_FALSE(md5_of(""));
}
